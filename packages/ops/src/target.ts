import { runningUrls, type Urls } from '@todo/db/embedded/cluster';
import { startEmbedded } from '@todo/db/embedded/embedded';
import type { databaseSettings } from '@todo/db/embedded/settings';

export interface Target extends Pick<Urls, 'ownerUrl' | 'appUrl'> {
  stop(): Promise<void>;
}

/** The configured database, or the embedded one, which is started for this command if it is not running. */
export async function openTarget({ url, migrationUrl, dataDir, binDir }: ReturnType<typeof databaseSettings>): Promise<Target> {
  const stop = async () => {};
  if (url && migrationUrl) return { ownerUrl: migrationUrl, appUrl: url, stop };
  const running = runningUrls(dataDir);
  return running ? { ...running, stop } : startEmbedded({ dataDir, binDir });
}

export async function using<T extends Target>(opening: Promise<T>, work: (target: T) => Promise<void>): Promise<void> {
  const target = await opening;
  try {
    await work(target);
  } finally {
    await target.stop();
  }
}
