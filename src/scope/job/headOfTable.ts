import { planInputs } from "../read/planInputs.ts";
import { readTask } from "../read/readTask.ts";

export const limits = { bytes: 256 * 1024 } as const;

/** The first line of a CSV file as text, in whatever encoding it is; "" where the file has none. */
export async function headOfTable(file: string): Promise<string> {
  const { tasks } = await planInputs([file]);
  const [task] = tasks;
  if (task === undefined) return "";
  let head: string | null = null;
  const decoder = new TextDecoder();
  await readTask(
    { ...task, end: Math.min(task.end, limits.bytes), input: { ...task.input, how: "text" } },
    {
      problem: () => {},
      record: (bytes, start, end) => {
        head ??= decoder.decode(bytes.subarray(start, end)).replace(/^\ufeff/, "");
      },
    },
  );
  return head ?? "";
}
