"""Words of the simulated answers. Belongs here: invented names, phrases that name competences, ways of
not answering. Does not: which of them is used where."""

from __future__ import annotations

FRENCH: dict[str, tuple[str, str, str, str, str]] = {
    "INT-01": ("anglais technique", "anglais professionnel", "anglais pour les techniciens",
               "maîtrise de l'anglais", "lecture de documentation en anglais"),
    "INT-02": ("négociation à l'export", "commerce international", "vente à l'étranger",
               "négociation interculturelle", "prospection de clients étrangers"),
    "INT-03": ("douane et incoterms", "réglementation douanière", "incoterms",
               "administration des ventes export", "transport international et douane"),
    "INT-04": ("connaissance des marchés étrangers", "veille sur les marchés export",
               "études de marché à l'étranger", "développement international",
               "connaissance du marché allemand"),
    "INN-01": ("management de l'innovation", "pilotage de l'innovation",
               "gestion de portefeuille de projets innovants", "organisation de la R&D",
               "veille technologique"),
    "INN-02": ("conception et prototypage", "conception 3D", "bureau d'études mécanique",
               "prototypage rapide", "CAO et fabrication additive"),
    "INN-03": ("propriété intellectuelle", "dépôt de brevets", "veille brevets", "protection des marques",
               "stratégie de propriété industrielle"),
    "CRE-01": ("méthodes de créativité", "animation de séances de créativité", "techniques de créativité",
               "résolution créative de problèmes", "génération d'idées en équipe"),
    "CRE-02": ("design thinking", "design industriel", "approche centrée utilisateur",
               "design de produit", "expérience utilisateur"),
    "ENT-01": ("conception de modèles économiques", "business model", "nouveaux modèles d'affaires",
               "intrapreneuriat", "montage d'activités nouvelles"),
    "ENT-02": ("financement de l'innovation", "montage de dossiers de financement",
               "crédit d'impôt recherche", "levée de fonds", "recherche de subventions"),
    "DIG-01": ("analyse de données", "science des données", "exploitation des données de production",
               "tableaux de bord et données", "intelligence artificielle appliquée"),
    "DIG-02": ("robotique et automatisme", "programmation d'automates", "soudage robotisé",
               "automatisation des lignes", "intégration de robots"),
    "ECO-01": ("éco-conception", "analyse du cycle de vie", "conception recyclable",
               "bilan carbone des produits", "écoconception des emballages"),
    "MAN-01": ("gestion de projet", "conduite de projet", "chefs de projet industriels",
               "management de projet", "planification de projets"),
    "MAN-02": ("amélioration continue", "lean manufacturing", "méthodes lean", "organisation d'atelier",
               "démarche 5S"),
}  # fmt: skip
"""Ways to name each competence; each fits after « compétences en »."""

ENGLISH: dict[str, tuple[str, str, str]] = {
    "INT-01": ("technical English", "business English", "English for technicians"),
    "INT-02": ("export sales negotiation", "international sales", "negotiating abroad"),
    "INT-03": ("customs and incoterms", "customs regulations", "export administration"),
    "INT-04": ("knowledge of foreign markets", "export market research", "international development"),
    "INN-01": ("innovation management", "technology watch", "R&D organisation"),
    "INN-02": ("design and prototyping", "3D design", "mechanical design"),
    "INN-03": ("intellectual property", "patent filing", "patent watch"),
    "CRE-01": ("creativity methods", "creative problem solving", "idea generation"),
    "CRE-02": ("design thinking", "user-centred design", "industrial design"),
    "ENT-01": ("business model design", "new business models", "intrapreneurship"),
    "ENT-02": ("financing of innovation", "grant writing", "fund raising"),
    "DIG-01": ("data analysis", "data science", "production data"),
    "DIG-02": ("automation and robotics", "PLC programming", "robot welding"),
    "ECO-01": ("eco-design", "life cycle assessment", "recyclable design"),
    "MAN-01": ("project management", "project planning", "industrial project managers"),
    "MAN-02": ("continuous improvement", "lean manufacturing", "lean methods"),
}

FRENCH_OPENINGS = (
    "", "", "Compétences en ", "Nous manquons de compétences en ", "Difficultés à recruter en ",
    "Surtout ", "Nos besoins : ", "Il nous faudrait des profils formés en ", "Besoin de formation en ",
    "Priorité : ", "On ne trouve personne en ",
)  # fmt: skip
ENGLISH_OPENINGS = ("", "We lack ", "We cannot find people skilled in ", "Needed: ", "Training in ")
FRENCH_LINKS = (" et ", ", ", " ; ", " ainsi que ", "\n- ", " / ")
ENGLISH_LINKS = (" and ", ", ", "; ", " / ")
FRENCH_CLOSINGS = (
    "", "", "", "", ".", ".", " (urgent)", " pour le bureau d'études", " pour l'atelier",
    " à moyen terme", ", surtout chez les jeunes diplômés", " !!",
)  # fmt: skip
ENGLISH_CLOSINGS = ("", "", ".", " (urgent)", " in the workshop")
LEAKS = (" - me joindre : ", " (contact : ", " Appelez-moi au ", " tél. ")
"""The first two are followed by an e-mail address, the others by a phone number."""

REFUSALS = (
    "RAS",
    "ras",
    "R.A.S.",
    "Néant",
    "néant",
    "N/A",
    "n/a",
    "-",
    "Aucune",
    "rien",
    "NSP",
    ".",
    "/",
    "0",
)
NOTHING_HARD = ("Aucune", "aucune difficulté", "RAS", "Néant")
OTHER_HARD = (
    "chaudronnerie", "soudage TIG", "usinage 5 axes", "régleur commande numérique",
    "maintenance industrielle", "métrologie", "électrotechnique", "logistique", "couture industrielle",
    "conduite de ligne",
)  # fmt: skip
WORDS_FOR_SIREN = ("en cours", "voir Kbis", "je ne sais pas", "RCS Amiens", "idem siège", "inconnu")
OTHER_TURNOVER = ("exercice en cours", "première année", "confidentiel", "non communiqué", "15 mois : 3,2 M€")
OTHER_COUNTRIES = (
    "Belgique",
    "Suisse",
    "Pologne",
    "Portugal",
    "Belgique ; Pays-Bas",
    "Tunisie",
    "Canada",
    "Japon",
)
PRICE_COMMENTS = ("Coût du transport", "nos prix sont trop élevés", "concurrence d'Asie", "taux de change")
REGULATION_COMMENTS = ("normes trop lourdes", "Dossiers douaniers", "certification CE puis UL", "marquage")
SKILL_COMMENTS = (
    "Surtout l'allemand",
    "personne ne parle anglais",
    "pas de commercial export",
    "manque de temps",
)

TEST_NAME = "TEST NE PAS TENIR COMPTE"
COMPANY_TRADES = (
    "Mécanique", "Fonderie", "Plasturgie", "Tissage", "Menuiserie", "Électronique", "Chaudronnerie",
    "Usinage", "Cosmétique", "Biscuiterie", "Laiterie", "Imprimerie", "Décolletage", "Emboutissage",
    "Robinetterie", "Optique",
)  # fmt: skip
COMPANY_QUALITIES = (
    "du Val", "des Trois Rivières", "Nord-Est", "de la Vallée", "& Fils", "Frères", "2000", "du Pré-Haut",
    "Océane", "des Coquelicots", "\"Sigma\"", "de l'Étang", "du Moulin Neuf", "Industries", "Réunis",
    "et Associés",
)  # fmt: skip
COMPANY_FORMS = ("", "", "SARL ", "SAS ", "SA ", "Ets ", "Ateliers ", "Groupe ")
FIRST_NAMES = (
    "Aurélie", "Bastien", "Céline", "Didier", "Élodie", "Fabrice", "Gaëlle", "Hervé", "Inès", "Joël",
    "Karine", "Loïc", "Maëlys", "Noémie", "Olivier", "Pascale", "Quentin", "Rémi", "Solène", "Thibault",
)  # fmt: skip
LAST_NAMES = (
    "Brissandre", "Coutelaze", "Lavernoy", "Mirebalou", "d'Ostrevant-Quay", "Pelorsac", "Quintefeuil",
    "Rocheblave-Yr", "Sauterive-Nol", "Trémazoux", "Valbrémont-Isk", "Zéphirol", "Ancelorme",
    "Boisgarnou", "Chantebruyl", "Dorvaline",
)  # fmt: skip
