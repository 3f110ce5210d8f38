-- Takes back V0003. Who pulls from whom is written anew within seconds once the table is there again.
drop table {schema}.relay_sources;
