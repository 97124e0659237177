/**
 * Writes to standard error. That may be a file on a full disk, or a terminal that is gone, where Node throws:
 * what a program has to say must never end it.
 */
export function tellOperator(text: string): void {
  try {
    process.stderr.write(text);
  } catch {
    // Nobody can be told.
  }
}
