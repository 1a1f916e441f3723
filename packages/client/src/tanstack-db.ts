export { type TodoCollectionConfig, type TodoCollectionOptions, type TodoCollectionUtils, todoCollectionOptions } from './tanstack/options.ts';
