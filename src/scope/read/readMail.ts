import PostalMime from "postal-mime";
import { textOfError } from "../../lib/error.ts";
import { readStream, tell, type Member, type PeekedStream, type Unpacking } from "./containers.ts";

/** A message, or a mailbox of them (RFC 4155): its texts, and its attachments, whatever they are. */
export async function readMail(unpacking: Unpacking, member: Member, stream: PeekedStream): Promise<void> {
  const head = await stream.peek(5);
  if (head.toString("latin1") !== "From ") {
    const { bytes, whole } = await stream.collect(unpacking.reading.limits.messageBytesMax);
    if (!whole)
      tell(unpacking, member, { code: "too-large", message: "only the first part of the mail is read" });
    await readMessage(unpacking, member, bytes);
    return;
  }
  let count = 0;
  for await (const message of messagesOf(unpacking, member, stream)) {
    count += 1;
    unpacking.left.members -= 1;
    if (unpacking.left.members <= 0) {
      tell(unpacking, member, { code: "too-many", message: `only its first ${count} mails are read` });
      return;
    }
    const path = member.path === "" ? `mail ${count}` : `${member.path}!mail ${count}`;
    await readMessage(unpacking, { path, depth: member.depth }, message);
  }
}

const divider = Buffer.from("\nFrom ");

async function* messagesOf(
  unpacking: Unpacking,
  member: Member,
  stream: PeekedStream,
): AsyncGenerator<Buffer> {
  const { messageBytesMax } = unpacking.reading.limits;
  let rest: Buffer = Buffer.alloc(0);
  let told = false;
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(divider); end >= 0; end = rest.indexOf(divider)) {
      yield rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
    }
    if (rest.length <= messageBytesMax) continue;
    if (!told)
      tell(unpacking, member, { code: "too-large", message: "a mail is too large: it is read in pieces" });
    told = true;
    yield rest;
    rest = Buffer.alloc(0);
  }
  yield rest;
}

async function readMessage(unpacking: Unpacking, member: Member, bytes: Buffer): Promise<void> {
  const { path, depth } = member;
  const within = (name: string): Member => ({
    path: path === "" ? name : `${path}!${name}`,
    depth: depth + 1,
  });
  const message =
    bytes.toString("latin1", 0, 5) === "From " ? bytes.subarray(bytes.indexOf("\n") + 1) : bytes;
  try {
    const mail = await new PostalMime({ maxNestingDepth: 32 }).parse(message);
    const head = [mail.from, ...(mail.to ?? []), ...(mail.cc ?? [])].flatMap((one) =>
      one?.address === undefined ? [] : [`${one.name},${one.address}`],
    );
    if (head.length > 0) await readStream(unpacking, within("addresses"), [Buffer.from(head.join("\n"))]);
    // The text says what the HTML says, where there is one.
    if (mail.text !== undefined) await readStream(unpacking, within("text"), [Buffer.from(mail.text)]);
    else if (mail.html !== undefined)
      await readStream(unpacking, within("html"), [Buffer.from(plainOf(mail.html))]);
    for (const [at, { filename, content }] of mail.attachments.entries()) {
      const part = typeof content === "string" ? Buffer.from(content) : Buffer.from(content as ArrayBuffer);
      await readStream(unpacking, within(filename ?? `part ${at + 1}`), [part]);
    }
  } catch (error) {
    tell(unpacking, member, { code: "broken", message: textOfError(error) });
  }
}

/** Rows and paragraphs become lines, cells tabs. */
function plainOf(html: string): string {
  return html
    .replace(/<(?:script|style)\b[\s\S]*?<\/(?:script|style)>/gi, "")
    .replace(/[\r\n]+/g, " ")
    .replace(/<\/t[dh]>\s*<t[dh]\b[^>]*>/gi, "\t")
    .replace(/<(?:br|\/?p|\/?div|\/?tr|\/?li|\/?h\d)\b[^>]*>/gi, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&nbsp;/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}
