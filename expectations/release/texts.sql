-- The public files that are neither tables nor pages: workbook, metadata, licence and citation.
select path, emails, phones, company_keys
from release.texts
