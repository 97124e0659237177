import SMTPConnection from "nodemailer/lib/smtp-connection";

/** What the gate answered to one message. */
export type SendResult = { code: number; reply: string };

/** Sends one message over a real SMTP session of its own; an answer of any kind is a value. */
export function sendMail(
  server: { host: string; port: number; helo?: string },
  mail: { mailFrom: string; rcptTo: readonly string[]; raw: Buffer },
): Promise<SendResult> {
  const { host, port, helo = "client.example" } = server;
  const connection = new SMTPConnection({ host, port, name: helo, ignoreTLS: true, socketTimeout: 60_000 });
  return new Promise((resolve, reject) => {
    function fail(error: Error & { responseCode?: number; response?: string }): void {
      connection.close();
      if (error.responseCode === undefined) reject(error);
      else resolve({ code: error.responseCode, reply: error.response ?? error.message });
    }
    connection.once("error", fail);
    connection.connect(() => {
      const envelope = {
        from: mail.mailFrom,
        to: [...mail.rcptTo],
        size: mail.raw.length,
        use8BitMime: true,
      };
      connection.send(envelope, mail.raw, (error, info) => {
        if (error) return fail(error as Error);
        connection.quit();
        resolve({ code: 250, reply: (info as unknown as { response: string }).response });
      });
    });
  });
}
