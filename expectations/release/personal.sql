-- Every column of the public tables, and what in it looks personal.
select table_name, column_name, emails, phones, sirens, ip_addresses, company_keys, example
from scan.public
