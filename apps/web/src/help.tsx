import { useState } from 'react';
import { Popup } from './parts/dialog.tsx';
import { keysAreOn, turnKeys } from './shortcuts.ts';
import { texts } from './texts.ts';

const { help } = texts;

function Keys({ title, keys }: { title: string; keys: [string[], string][] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className="keys">
        {keys.map(([names, meaning]) => (
          <div key={meaning}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function KeySwitch() {
  const [isOn, setIsOn] = useState(keysAreOn);
  return (
    <label className="switch">
      <input
        type="checkbox"
        checked={isOn}
        onChange={({ target }) => {
          setIsOn(target.checked);
          turnKeys(target.checked);
        }}
      />
      {help.singleKeys}
    </label>
  );
}

export function Help({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const url = new URL('.', location.href).href.replace(/\/$/, '');
  return (
    <Popup title={help.title} isOpen={isOpen} onClose={onClose} className="help">
      <div className="help-keys">
        <Keys title={help.groups.anywhere} keys={help.keys.anywhere} />
        <Keys title={help.groups.inList} keys={help.keys.inList} />
      </div>
      <KeySwitch />
      <h3>{help.programs}</h3>
      <p className="muted">{help.programsText}</p>
      <pre>{`curl -c jar -H 'content-type: application/json' ${url}/api/auth/sign-in/email \\
  -d '{"email":"you@example.com","password":"…"}'
curl -b jar -H 'content-type: application/json' ${url}/trpc/tasks.create -d '{"title":"Buy milk"}'
curl -b jar ${url}/trpc/tasks.list`}</pre>
    </Popup>
  );
}
