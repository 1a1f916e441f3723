import { script } from './inspect.ts';

/** Sets another quota for the bytes of each owner's tasks. */
export const setBytesQuota = ({ superuserUrl }: { superuserUrl: string }, bytes: number) =>
  script(
    superuserUrl,
    `drop trigger owners_30_bytes_quota on owners;
     create constraint trigger owners_30_bytes_quota after update on owners deferrable initially deferred for each row
       when (new.task_bytes > old.task_bytes and new.task_bytes > ${bytes}) execute function check_bytes_quota(${bytes})`,
  );
