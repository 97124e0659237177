import { walkMessage, bodyOf, uuencodedIn, type Part } from "../mime/walkMessage.ts";
import type { SeenFile } from "../seen.ts";
import { emptyFile, examineFile, type Budget } from "./examineFile.ts";

type Place = { path: string; depth: number; budget: Budget };

/** The parts of a message that lies inside another one, as files. */
export async function examineMessage(raw: Buffer, place: Place): Promise<SeenFile[]> {
  const walked = walkMessage(raw);
  place.budget.defects.push(
    ...walked.defects.map((defect) => ({ ...defect, where: `${place.path}${defect.where}` })),
  );
  return await examineParts(raw, walked.root, { ...place, spans: false });
}

/**
 * Looks at every leaf below a part. The numbering is IMAP's: a message without parts has the single part
 * "1".
 */
export async function examineParts(
  raw: Buffer,
  root: Part,
  place: Place & { spans: boolean },
): Promise<SeenFile[]> {
  if (root.children.length === 0) {
    return [await examinePart(raw, { ...root, path: "1" }, place)];
  }
  const files: SeenFile[] = [];
  for (const child of root.children) files.push(await examinePart(raw, child, place));
  return files;
}

async function examinePart(raw: Buffer, part: Part, place: Place & { spans: boolean }): Promise<SeenFile> {
  const { budget } = place;
  const path = `${place.path}${part.path}`;
  const outside = {
    path,
    names: part.names,
    declaredType: part.type,
    disposition: part.disposition,
    span: place.spans ? part.span : null,
  };
  budget.filesLeft -= 1;
  if (part.children.length > 0) {
    const group = emptyFile({ ...outside, kind: "multipart", bytes: part.span.end - part.span.start });
    for (const child of part.children) group.files.push(await examinePart(raw, child, place));
    return group;
  }
  if (budget.filesLeft <= 0) return emptyFile({ ...outside, unread: "count" });
  const bytes = bodyOf(raw, part, budget.defects);
  const specimen = { ...outside, bytes, depth: place.depth, cut: null };
  if (part.type === "message/rfc822" || part.type === "message/global") {
    return await examineNested(specimen, budget);
  }
  const file = await examineFile(specimen, budget);
  if (part.type.startsWith("text/") && file.kind === "text") {
    for (const [index, { names, bytes: inside }] of uuencodedIn(bytes).entries()) {
      const within = {
        bytes: inside,
        path: `${path}/${index + 1}`,
        names,
        declaredType: null,
        disposition: null,
      };
      file.files.push(
        await examineFile({ ...within, span: null, depth: place.depth + 1, cut: null }, budget),
      );
    }
  }
  return file;
}

/** RFC 2046 5.2.1: the body is a message itself. */
async function examineNested(specimen: Parameters<typeof examineFile>[0], budget: Budget): Promise<SeenFile> {
  const file = emptyFile({
    path: specimen.path,
    names: specimen.names,
    declaredType: specimen.declaredType,
    disposition: specimen.disposition,
    span: specimen.span,
    kind: "message",
    bytes: specimen.bytes.length,
  });
  if (specimen.depth >= budget.depthMax) file.unread = "depth";
  else {
    const place = { path: `${specimen.path}/`, depth: specimen.depth + 1, budget };
    file.files = await examineMessage(specimen.bytes, place);
  }
  return file;
}
