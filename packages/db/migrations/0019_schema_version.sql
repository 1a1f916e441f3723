-- The table drizzle.schema_version of the access rules has taken its place.
DROP TABLE IF EXISTS "drizzle"."access_rules";
