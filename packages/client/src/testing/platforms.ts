const manifest = (name: string, exports: Record<string, string>) => JSON.stringify({ name, type: 'module', exports });

/** What other platforms offer, as far as the recipes use it: the files of packages, by path. */
export const platforms: Record<string, string> = {
  'next/package.json': manifest('next', { './headers': './headers.js' }),
  'next/headers.d.ts': 'export declare function cookies(): Promise<{ toString(): string }>;',
  'next/headers.js': 'export const cookies = async () => ({ toString: () => globalThis.cookie });',
  'expo-crypto/package.json': manifest('expo-crypto', { '.': './index.js' }),
  'expo-crypto/index.d.ts': 'export declare function randomUUID(): string;',
  'expo-crypto/index.js': 'export const randomUUID = () => globalThis.makeId();',
  'expo-secure-store/package.json': manifest('expo-secure-store', { '.': './index.js' }),
  'expo-secure-store/index.d.ts': `
    export declare function getItemAsync(key: string): Promise<string | null>;
    export declare function setItemAsync(key: string, value: string): Promise<void>;
    export declare function deleteItemAsync(key: string): Promise<void>;`,
  'expo-secure-store/index.js': `
    const kept = new Map();
    export const getItemAsync = async (key) => kept.get(key) ?? null;
    export const setItemAsync = async (key, value) => void kept.set(key, value);
    export const deleteItemAsync = async (key) => void kept.delete(key);`,
};
