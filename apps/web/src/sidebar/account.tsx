import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { go } from '../data/navigation.ts';
import { useSyncState } from '../data/todo.ts';
import { useUser } from '../data/user.ts';
import { Popup } from '../parts/dialog.tsx';
import { texts } from '../texts.ts';

const { account } = texts;

/** Who is signed in. Signing out asks first while changes wait that it would discard. */
export function AccountMenu({ signOut, help }: { signOut: () => void; help: () => void }) {
  const { waiting } = useSyncState();
  const user = useUser();
  const name = user?.name ?? account.unnamed;
  const [isAsking, setIsAsking] = useState(false);
  const initial = [...name][0]?.toUpperCase() ?? '·';
  return (
    <>
      <MenuTrigger>
        <Button className="account">
          <span className="avatar" aria-hidden="true">
            {initial}
          </span>
          <span className="account-name">
            <span className="hidden">{account.of} </span>
            {name}
          </span>
        </Button>
        <Popover className="popover" placement="bottom start">
          {user && <p className="popover-note">{user.email}</p>}
          <Menu className="menu" aria-label={account.menu(name)}>
            <MenuItem onAction={() => go({ kind: 'account' })}>{texts.views.account}</MenuItem>
            <MenuItem onAction={help}>{texts.help.title}</MenuItem>
            <MenuItem onAction={() => (waiting > 0 ? setIsAsking(true) : signOut())}>{account.signOut}</MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      <Popup title={account.signOut} role="alertdialog" isOpen={isAsking} onClose={() => setIsAsking(false)}>
        <p>{account.confirmSignOut(waiting)}</p>
        <Button className="button danger" onPress={signOut}>
          {account.signOutAnyway}
        </Button>
      </Popup>
    </>
  );
}
