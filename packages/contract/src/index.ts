export { columnOf, type Entity, type EntityName, entities } from './entities.ts';
export type { ColumnType, Field, FieldRule, WrittenBy } from './fields.ts';
export * from './limits.ts';
export { hasAtMost, isStorable, isVisible } from './text.ts';
