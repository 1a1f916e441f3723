/** Long words of letters and digits. Ids, hashes, tokens and signatures consist of them; the last part of a UUID is one. */
const words = /[a-z0-9]{12,}/gi;

const wordsIn = (text: string): string[] => (text.match(words) ?? []).map((word) => word.toLowerCase());

/** What must not reach anybody but its owner. */
export interface Secrets {
  /** Which of them a text holds. */
  foundIn(text: string): string[];
  /** How many words are looked for. */
  readonly size: number;
}

/** `canary` is part of everything that a victim has written. `rows` is whatever the database holds of them; `known` is what attackers send themselves. */
export function createSecrets(canaries: readonly string[], rows: readonly string[], known: readonly string[]): Secrets {
  const secret = new Set(rows.flatMap(wordsIn));
  // A cursor holds a part of the hash of an event.
  for (const hash of [...secret].filter((word) => /^x?[0-9a-f]{64}$/.test(word))) secret.add(hash.slice(-64).slice(16, 32));
  for (const word of known.flatMap(wordsIn)) secret.delete(word);
  return {
    foundIn: (text) => {
      const lower = text.toLowerCase();
      const ofCanary = canaries.filter((canary) => lower.includes(canary));
      return [...ofCanary, ...new Set(wordsIn(lower).filter((word) => secret.has(word)))];
    },
    size: secret.size,
  };
}
