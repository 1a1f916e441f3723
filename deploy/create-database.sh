# Creates the two logins and the database of compose.yaml, when the volume of PostgreSQL is new.
psql --quiet --set=ON_ERROR_STOP=1 --set=owner="$(cat /secrets/owner)" --set=app="$(cat /secrets/app)" --username=postgres <<'SQL'
create role todo_owner login createrole password :'owner';
create role todo_app login noinherit password :'app';
create database todo owner todo_owner;
SQL
