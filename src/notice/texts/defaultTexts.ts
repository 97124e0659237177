import type { NoticeLanguage } from "../items.ts";
import { PROFILES, type Profile } from "../list/person.ts";
import { LAW_ITEMS, WORDS, type LawItem } from "./words.ts";

/** The sentences of a language from which the shipped texts are put together. */
type Sentences = {
  subject: string;
  greeting: string;
  greetingMinor: string;
  opening: string;
  openingMinor: string;
  openingPartner: string;
  passport: string;
  genuine: string;
  plain: string;
  desk: string;
  closing: string;
};

const sentences: Record<NoticeLanguage, Sentences> = {
  ja: {
    subject: "【重要】個人情報の漏えいに関するお詫びとお知らせ({organisation})",
    greeting: "{name} 様",
    greetingMinor: "{name} 様の保護者様",
    opening:
      "{organisation}です。\n当社がお預かりしているお客様の個人情報が漏えいした、またはそのおそれがあることが分かりました。\n" +
      "多大なご迷惑とご心配をおかけし、心よりお詫び申し上げます。次のとおりお知らせいたします。",
    openingMinor:
      "お子様は未成年でいらっしゃるため、保護者様にお知らせいたします。ご確認のうえ、お子様にもお伝えください。",
    openingPartner:
      "このお知らせは、{partner}を通じて当社のサービスをご利用になったお客様にお送りしています。",
    passport:
      "有効な旅券の番号が含まれています。旅券の番号だけで第三者が旅券を使用することはできませんが、" +
      "再発行をご希望のお客様は、下記の窓口にお電話ください。手続きと費用についてご案内いたします。",
    genuine: "電子メールによるお知らせの送信元は、次のアドレスだけです。\n{senders}",
    plain: "このお知らせに添付ファイルはなく、外部のページへのご案内もありません。",
    desk: "お問い合わせ窓口: {hotline}\n受付時間: {hours}\n照会番号: {reference}",
    closing: "{organisation}",
  },
  en: {
    subject: "Important: notice of a personal data breach ({organisation})",
    greeting: "Dear {name},",
    greetingMinor: "To the parent or guardian of {name},",
    opening:
      "This is {organisation}. Personal data of yours that we hold has leaked, or may have leaked.\n" +
      "We are deeply sorry. We want you to know the following.",
    openingMinor:
      "As the person concerned is a minor, we write to the parent or guardian. Please tell your child.",
    openingPartner: "You receive this notice because you used our service through {partner}.",
    passport:
      "The number of a valid passport is among the data. A passport cannot be used with its number alone;\n" +
      "if you wish to have yours replaced, please call the desk below: we say how, and at what cost.",
    genuine: "Genuine notices by e-mail come only from these addresses:\n{senders}",
    plain: "This notice has no attachment and leads to no page.",
    desk: "Desk: {hotline}\nHours: {hours}\nReference: {reference}",
    closing: "{organisation}",
  },
  "zh-Hans": {
    subject: "【重要】关于个人信息泄露的致歉与通知({organisation})",
    greeting: "{name} 先生/女士:",
    greetingMinor: "{name} 的监护人:",
    opening:
      "我们是{organisation}。本公司保管的您的个人信息已经泄露或可能泄露。\n给您带来不便和担忧,我们深表歉意。现将有关情况通知如下。",
    openingMinor: "由于当事人是未成年人,特此通知监护人。请您确认后转告孩子。",
    openingPartner: "本通知发送给通过{partner}使用本公司服务的客户。",
    passport:
      "其中包含有效护照的号码。仅凭护照号码,第三方无法使用护照。如果您希望换发护照,请拨打以下窗口电话,我们将说明手续和费用。",
    genuine: "电子邮件通知仅从以下地址发送:\n{senders}",
    plain: "本通知没有附件,也不会引导您访问任何网页。",
    desk: "咨询窗口:{hotline}\n受理时间:{hours}\n查询编号:{reference}",
    closing: "{organisation}",
  },
  "zh-Hant": {
    subject: "【重要】關於個人資料外洩的致歉與通知({organisation})",
    greeting: "{name} 先生/女士:",
    greetingMinor: "{name} 的監護人:",
    opening:
      "我們是{organisation}。本公司保管的您的個人資料已經外洩或可能外洩。\n造成您的不便與擔憂,我們深表歉意。現將相關情況通知如下。",
    openingMinor: "由於當事人為未成年人,特此通知監護人。請您確認後轉告孩子。",
    openingPartner: "本通知寄送給透過{partner}使用本公司服務的客戶。",
    passport:
      "其中包含有效護照的號碼。僅憑護照號碼,第三方無法使用護照。如果您希望換發護照,請撥打以下窗口電話,我們將說明手續與費用。",
    genuine: "電子郵件通知僅從以下地址寄送:\n{senders}",
    plain: "本通知沒有附件,也不會引導您造訪任何網頁。",
    desk: "諮詢窗口:{hotline}\n受理時間:{hours}\n查詢編號:{reference}",
    closing: "{organisation}",
  },
  ko: {
    subject: "[중요] 개인정보 유출에 관한 사과와 안내({organisation})",
    greeting: "{name} 님",
    greetingMinor: "{name} 님의 보호자님",
    opening:
      "{organisation}입니다. 당사가 보관하고 있는 고객님의 개인정보가 유출되었거나 유출되었을 우려가 있음이 확인되었습니다.\n" +
      "큰 불편과 심려를 끼쳐 드려 진심으로 사과드립니다. 다음과 같이 알려 드립니다.",
    openingMinor:
      "당사자가 미성년자이므로 보호자님께 알려 드립니다. 확인하신 후 자녀에게도 전해 주시기 바랍니다.",
    openingPartner: "이 안내는 {partner}을(를) 통해 당사 서비스를 이용하신 고객님께 보내 드립니다.",
    passport:
      "유효한 여권의 번호가 포함되어 있습니다. 여권 번호만으로 제3자가 여권을 사용할 수는 없습니다. " +
      "재발급을 원하시면 아래 창구로 전화해 주십시오. 절차와 비용을 안내해 드립니다.",
    genuine: "이메일 안내는 다음 주소에서만 발송됩니다.\n{senders}",
    plain: "이 안내에는 첨부 파일이 없으며, 어떤 웹 페이지로도 안내하지 않습니다.",
    desk: "문의 창구: {hotline}\n접수 시간: {hours}\n조회 번호: {reference}",
    closing: "{organisation}",
  },
};

/** The shipped text of a group in a language: what an organisation starts from. */
export function defaultText(profile: Profile, language: NoticeLanguage): string {
  const said = sentences[language];
  const { headings } = WORDS[language];
  const has = (part: string): boolean => profile.split("-").includes(part);
  const items: string[] = LAW_ITEMS.map((item) => section(headings[item], item, has("passport"), said));
  const parts = [
    has("minor") ? said.greetingMinor : said.greeting,
    said.opening,
    ...(has("minor") ? [said.openingMinor] : []),
    ...(has("partner") ? [said.openingPartner] : []),
    ...items,
    `${said.genuine}\n${said.plain}\n{never}`,
    said.desk,
    said.closing,
  ];
  return `Subject: ${said.subject}\n\n${parts.join("\n\n")}\n`;
}

function section(heading: string, item: LawItem, passport: boolean, said: Sentences): string {
  const more = item === "harm" && passport ? `\n${said.passport}` : "";
  return `■ ${heading}\n{${item}}${more}`;
}

/** The name of a text's file: passport.ja.txt. */
export const nameOfText = (profile: Profile, language: NoticeLanguage): string =>
  `${profile}.${language}.txt`;

export const allProfiles = PROFILES;

/** values.yaml to start from. Everything in angle brackets is refused by the linter until it is written. */
export function defaultValues(languages: readonly NoticeLanguage[]): string {
  const head =
    "# What each notice says of the matter, for each language. Write it as the law asks\n" +
    "# (個人情報保護法施行規則 10条): outline, cause, secondary harm, other.\n" +
    "# Texts in angle brackets are refused until they are written.\n";
  const one = (language: NoticeLanguage): string =>
    [
      `${language}:`,
      "  organisation: <name of the organisation>",
      "  outline: |",
      "    <what happened, when it happened and when it was found>",
      "  cause: |",
      "    <why it happened, as far as it is known>",
      "  harm: |",
      "    <what harm has followed or may follow, and what to look out for>",
      "  other: |",
      "    <measures taken, and what else helps the person>",
      "  hotline: <telephone number>",
      "  hours: <days and hours>",
    ].join("\n");
  return `${head}${languages.map(one).join("\n")}\n`;
}
