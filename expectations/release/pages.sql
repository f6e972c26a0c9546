-- The public pages.
select
    path,
    language,
    -- A log in which nothing was revised is short; the explorer's pages are filled in the browser.
    case
        when not starts_with(path, 'public/revisions.') and not starts_with(path, 'public/explorer/') then letters
    end as letters,
    emails,
    phones,
    company_keys,
    not regexp_matches(path, '[.](fr|en)[.](html|pdf)$') or language = regexp_extract(path, '[.](fr|en)[.](html|pdf)$', 1)
        as language_is_that_of_its_name,
    says_simulated or not must_say_simulated as simulated_is_said
from release.pages
