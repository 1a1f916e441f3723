import { texts } from '../texts.ts';
import { Export } from './export.tsx';
import { Import } from './import.tsx';

export function TransferPage() {
  return (
    <div className="page transfer">
      <h1>{texts.views.transfer}</h1>
      <section aria-labelledby="import-heading">
        <h2 id="import-heading">{texts.transfer.importTitle}</h2>
        <p className="muted page-intro">{texts.transfer.importIntro}</p>
        <Import />
      </section>
      <section aria-labelledby="export-heading">
        <h2 id="export-heading">{texts.transfer.exportTitle}</h2>
        <p className="muted page-intro">{texts.transfer.exportIntro}</p>
        <Export />
      </section>
    </div>
  );
}
