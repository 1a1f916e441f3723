import { Component, type ReactNode } from 'react';
import { texts } from '../texts.ts';

/** Says that the page has failed, instead of showing nothing. Nothing is lost: changes are stored before they show. */
export class Failure extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main className="opening" role="alert">
        <h1>{texts.failure.title}</h1>
        <p>{String(error)}</p>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          {texts.failure.reload}
        </button>
      </main>
    );
  }
}
