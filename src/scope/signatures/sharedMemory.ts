/** Memory that threads share; never empty, since a view of no bytes cannot be handed over. */
export const sharedBytes = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(Math.max(8, bytes));
