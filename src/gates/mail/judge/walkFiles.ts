import type { SeenFile } from "../seen.ts";

/** A file with what it lies in. `depth` counts archives and messages, not groups of parts. */
export type PlacedFile = { file: SeenFile; parent: SeenFile | null; depth: number; name: string };

/** All files of a message, outer ones first. */
export function walkFiles(parts: readonly SeenFile[]): PlacedFile[] {
  const placed: PlacedFile[] = [];
  const visit = (file: SeenFile, parent: SeenFile | null, depth: number): void => {
    if (file.kind === "multipart") {
      for (const inside of file.files) visit(inside, parent, depth);
      return;
    }
    placed.push({ file, parent, depth, name: nameOf(file) });
    for (const inside of file.files) visit(inside, file, depth + 1);
  };
  for (const part of parts) visit(part, null, 0);
  return placed;
}

/** The name under which a file is spoken of: the first that some program would use. */
export function nameOf(file: SeenFile): string {
  const found = file.names.find((name) => name.value.trim() !== "");
  return found?.value ?? file.path;
}
