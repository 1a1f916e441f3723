import { z } from 'zod';

export interface Person {
  id: string;
  cookie: string;
  jwt: string;
  /** The cursor of this user for sync.changes. */
  cursor: string;
}

/** In ms. A JWT is valid for 300 s, and every measurement is shorter than the remaining time. */
const JWT_RENEWED_AFTER = 120_000;

const signedUp = z.object({ user: z.object({ id: z.uuid() }) });
const given = z.object({ token: z.string() });

async function signUp(url: string, name: string): Promise<Person> {
  const body = JSON.stringify({ name, email: `${name}@example.com`, password: 'correct horse battery' });
  const response = await fetch(`${url}/api/auth/sign-up/email`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!response.ok) throw new Error(`sign-up failed with ${response.status}: ${await response.text()}`);
  const [cookie = ''] = response.headers.getSetCookie().map((line) => line.split(';', 1).join());
  return { id: signedUp.parse(await response.json()).user.id, cookie, jwt: '', cursor: '' };
}

/** Signs up `count` users, four at a time, because password hashing needs much CPU. */
export async function signUpMany(url: string, count: number, onProgress: (share: number) => void): Promise<Person[]> {
  const people: Person[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      people.push(await signUp(url, `person-${next++}`));
      onProgress(people.length / count);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return people;
}

/** Returns a function that renews the JWTs that could expire during the next measurement. */
export function createRenewal(url: string): (people: Person[]) => Promise<void> {
  const renewedAt = new WeakMap<Person, number>();
  return async (people) => {
    const now = performance.now();
    for (const person of people.filter((each) => now - (renewedAt.get(each) ?? Number.NEGATIVE_INFINITY) > JWT_RENEWED_AFTER)) {
      const response = await fetch(`${url}/api/auth/token`, { headers: { cookie: person.cookie } });
      if (!response.ok) throw new Error(`the request for a JWT failed with ${response.status}`);
      person.jwt = given.parse(await response.json()).token;
      renewedAt.set(person, now);
    }
  };
}
