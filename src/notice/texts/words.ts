import type { NoticeLanguage } from "../items.ts";

/** What the five items of APPI Rules art. 10 are called as headings, and what else a text must say. */
export type LanguageWords = {
  /** Headings of 施行規則 10条 (8条1項 1, 2, 4, 5, 9号): outline, data items, cause, secondary harm, other. */
  headings: Record<LawItem, string>;
  /** A heading or sentence by which a part is known where it has no placeholder. */
  known: Record<LawItem, RegExp>;
  neverAsk: RegExp;
  neverAskText: string;
  guardian: RegExp;
  passport: RegExp;
  attachment: RegExp;
  negated: RegExp;
  /** How the two or three named addresses are joined in a text. */
  reference: string;
};

export const LAW_ITEMS = ["outline", "items", "cause", "harm", "other"] as const;
export type LawItem = (typeof LAW_ITEMS)[number];

export const WORDS: Record<NoticeLanguage, LanguageWords> = {
  ja: {
    headings: {
      outline: "概要",
      items: "漏えいした、またはそのおそれのあるお客様の項目",
      cause: "原因",
      harm: "二次被害またはそのおそれ",
      other: "その他",
    },
    known: { outline: /概要/, items: /項目/, cause: /原因/, harm: /二次被害/, other: /その他/ },
    neverAsk: /(お尋ね|お聞き|おうかがい|お伺い|確認).{0,30}(ません|ありません|ございません)/su,
    neverAskText:
      "当社が、電子メール、電話、書面または訪問により、クレジットカード番号、銀行口座、暗証番号、パスワード、個人番号(マイナンバー)をお尋ねすることは決してありません。",
    guardian: /保護者/,
    passport: /旅券|パスポート/,
    attachment: /添付|ダウンロード/,
    negated: /ません|ない|無い/,
    reference: "照会番号",
  },
  en: {
    headings: {
      outline: "What happened",
      items: "Your data that leaked or may have leaked",
      cause: "Cause",
      harm: "Further harm that has occurred or may occur",
      other: "Further information",
    },
    known: {
      outline: /what happened|outline|summary/i,
      items: /your data|data items|data concerned/i,
      cause: /cause/i,
      harm: /further harm|secondary harm|consequences/i,
      other: /further information|other/i,
    },
    neverAsk: /never ask/i,
    neverAskText:
      "We will never ask you, by e-mail, letter, telephone or at your door, for a card number, " +
      "a bank account, a PIN, a password or an Individual Number (My Number).",
    guardian: /parent|guardian/i,
    passport: /passport/i,
    attachment: /attach|enclosed file|download/i,
    negated: /\bno\b|\bnot\b|never|without/i,
    reference: "Reference",
  },
  "zh-Hans": {
    headings: {
      outline: "事件概要",
      items: "已泄露或可能泄露的您的信息项目",
      cause: "原因",
      harm: "二次损害或其可能性",
      other: "其他",
    },
    known: { outline: /概要|经过/, items: /项目/, cause: /原因/, harm: /二次损害/, other: /其他/ },
    neverAsk: /(绝不会|不会).{0,40}(询问|索取|要求)/su,
    neverAskText:
      "本公司绝不会通过邮件、电话或上门方式向您询问信用卡号码、银行账户、密码、口令或日本个人编号(My Number)。",
    guardian: /监护人/,
    passport: /护照/,
    attachment: /附件|下载/,
    negated: /没有|无|不|未/,
    reference: "查询编号",
  },
  "zh-Hant": {
    headings: {
      outline: "事件概要",
      items: "已外洩或可能外洩的您的資料項目",
      cause: "原因",
      harm: "二次損害或其可能性",
      other: "其他",
    },
    known: { outline: /概要|經過/, items: /項目/, cause: /原因/, harm: /二次損害/, other: /其他/ },
    neverAsk: /(絕不會|不會).{0,40}(詢問|索取|要求)/su,
    neverAskText:
      "本公司絕不會透過郵件、電話或到府方式向您詢問信用卡號碼、銀行帳戶、密碼、通行碼或日本個人編號(My Number)。",
    guardian: /監護人/,
    passport: /護照/,
    attachment: /附件|附檔|下載/,
    negated: /沒有|無|不|未/,
    reference: "查詢編號",
  },
  ko: {
    headings: {
      outline: "개요",
      items: "유출되었거나 유출되었을 우려가 있는 고객님의 항목",
      cause: "원인",
      harm: "2차 피해 또는 그 우려",
      other: "기타",
    },
    known: { outline: /개요/, items: /항목/, cause: /원인/, harm: /2차 피해/, other: /기타/ },
    neverAsk: /(여쭙|묻|요구|문의하).{0,30}(않습니다|없습니다)/su,
    neverAskText:
      "당사는 이메일, 전화 또는 방문을 통해 신용카드 번호, 은행 계좌, 비밀번호, 패스워드, 일본 개인번호(마이넘버)를 " +
      "절대로 묻지 않습니다.",
    guardian: /보호자/,
    passport: /여권/,
    attachment: /첨부|다운로드/,
    negated: /않|없|아니/,
    reference: "조회 번호",
  },
};
