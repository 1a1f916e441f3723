import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog, Heading } from 'react-aria-components/Dialog';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { texts } from '../texts.ts';
import { Icon } from './icons.tsx';

interface Props {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  role?: 'dialog' | 'alertdialog';
  className?: string;
}

/** A dialog over the page. Esc and a click beside it close it. */
export const Popup = ({ title, isOpen, onClose, children, role = 'dialog', className = '' }: Props) => (
  <ModalOverlay className="overlay" isOpen={isOpen} isDismissable onOpenChange={(open) => !open && onClose()}>
    <Modal className={`modal ${className}`}>
      <Dialog role={role}>
        <header className="modal-head">
          <Heading slot="title">{title}</Heading>
          <Button className="icon-button" aria-label={texts.help.close} onPress={onClose}>
            <Icon name="close" />
          </Button>
        </header>
        {children}
      </Dialog>
    </Modal>
  </ModalOverlay>
);
