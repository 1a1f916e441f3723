import type { User } from '@todo/client';
import { useSession } from '@todo/client/react';
import { useEffect } from 'react';

const KEY = 'todo user';

function remembered(userId: string | null): User | null {
  try {
    const user: User | null = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return user?.id === userId ? user : null;
  } catch {
    return null;
  }
}

export const forgetUser = (): void => localStorage.removeItem(KEY);

/** Name and e-mail address of the user, shown before the server answers, as the tasks are; null until they are known. */
export function useUser(): User | null {
  const { user, userId } = useSession();
  useEffect(() => {
    if (user) localStorage.setItem(KEY, JSON.stringify(user));
  }, [user]);
  return user ?? remembered(userId);
}
