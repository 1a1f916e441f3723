import { z } from 'zod';

export interface Person {
  id: string;
  cookie: string;
  jwt: string;
  /** Where this person's reader of changes is. */
  cursor: string;
}

/** A JWT lives 300 s; no measurement takes as long as what is left after this, in ms. */
const JWT_RENEWED_AFTER = 120_000;

const signedUp = z.object({ user: z.object({ id: z.uuid() }) });
const given = z.object({ token: z.string() });

async function signUp(url: string, name: string): Promise<Person> {
  const body = JSON.stringify({ name, email: `${name}@example.com`, password: 'correct horse battery' });
  const response = await fetch(`${url}/api/auth/sign-up/email`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!response.ok) throw new Error(`sign-up answered ${response.status}: ${await response.text()}`);
  const [cookie = ''] = response.headers.getSetCookie().map((line) => line.split(';', 1).join());
  return { id: signedUp.parse(await response.json()).user.id, cookie, jwt: '', cursor: '' };
}

/** Signs up so many people, four at a time, as long as hashing a password keeps the processors busy. */
export async function signUpMany(url: string, count: number, tell: (share: number) => void): Promise<Person[]> {
  const people: Person[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      people.push(await signUp(url, `person-${next++}`));
      tell(people.length / count);
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return people;
}

/** Gives these people JWTs that outlive the next measurement. */
export function createRenewal(url: string): (people: Person[]) => Promise<void> {
  const renewedAt = new WeakMap<Person, number>();
  return async (people) => {
    const now = performance.now();
    for (const person of people.filter((each) => now - (renewedAt.get(each) ?? Number.NEGATIVE_INFINITY) > JWT_RENEWED_AFTER)) {
      const response = await fetch(`${url}/api/auth/token`, { headers: { cookie: person.cookie } });
      if (!response.ok) throw new Error(`a token was refused with ${response.status}`);
      person.jwt = given.parse(await response.json()).token;
      renewedAt.set(person, now);
    }
  };
}
