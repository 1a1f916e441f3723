ALTER TABLE "task_counters" DROP CONSTRAINT "task_counters_user_id_user_id_fk";
