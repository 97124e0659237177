import { refusal } from "./problem.ts";

/** The bytes of a request, none of them kept past the bound; an empty one is refused too. */
export async function readBody(body: ReadableStream<Uint8Array> | null, bytesMax: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > bytesMax) {
      const most = `${Math.floor(bytesMax / 1024 ** 2)} MB`;
      throw refusal(413, "input-invalid", `Cannot take more than ${most}: name where it lies, or its hash`);
    }
    parts.push(part);
  }
  if (bytes === 0) throw refusal(400, "input-invalid", "Cannot take a file of 0 bytes");
  return Buffer.concat(parts);
}
