/** Bounce mails as different programs write them, for a mail with this return address and recipient. */
export const bounceMails: Record<"dsn" | "qmail" | "exchange", (from: string, to: string) => string> = {
  dsn: (from, to) =>
    `From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: ${from}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ${to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <${to}>: Recipient address rejected:
 User unknown

--b
Content-Type: text/rfc822-headers

Return-Path: <${from}>
Subject: x

--b--
`.replaceAll("\n", "\r\n"),
  qmail: (from, to) =>
    `From: MAILER-DAEMON@mx.example
To: ${from}
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<${to}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <${from}>
`.replaceAll("\n", "\r\n"),
  exchange: (from, to) =>
    `From: postmaster@exchange.example
To: ${from}
Subject: =?UTF-8?B?6YWN5L+h5LiN6IO9OiDjgYrnn6XjgonjgZs=?=
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

${base64Of(to)}
`.replaceAll("\n", "\r\n"),
};

function base64Of(to: string): string {
  const text = [
    "次の受信者へのメッセージは配信できませんでした:",
    to,
    "宛先のメールアドレスが見つかりません。受信者のメール システムに問い合わせてください。",
  ];
  return Buffer.from(text.join("\n\n")).toString("base64");
}
