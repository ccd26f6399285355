/** Facts while a parser still gathers them: the same keys, open to assignment. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] }
