import type { Said } from "../../gate.ts";

/** What a kind of content can do to the person who opens it. */
export type KindClass =
  | "executable"
  | "active"
  | "shortcut"
  | "archive"
  | "disk-image"
  | "document"
  | "text"
  | "image"
  | "media"
  | "message"
  | "unknown";

type KindEntry = { class: KindClass; said: Said };

function kind(kindClass: KindClass, en: string, ja: string): KindEntry {
  return { class: kindClass, said: { en, ja } };
}

/** Every kind that content/kindOf.ts can answer. Closed. */
export const KINDS = {
  pe: kind("executable", "Windows program", "Windowsの実行ファイル"),
  dos: kind("executable", "DOS program", "DOSの実行ファイル"),
  elf: kind("executable", "Linux program", "Linuxの実行ファイル"),
  macho: kind("executable", "macOS program", "macOSの実行ファイル"),
  java: kind("executable", "Java program", "Javaの実行ファイル"),
  dex: kind("executable", "Android program", "Androidの実行ファイル"),
  msi: kind("executable", "Windows installer package", "Windowsのインストーラー"),
  msix: kind("executable", "Windows app package", "Windowsのアプリパッケージ"),
  script: kind("active", "script", "スクリプト"),
  hta: kind("active", "HTML application", "HTMLアプリケーション"),
  chm: kind("active", "compiled help file", "コンパイル済みヘルプ"),
  onenote: kind("active", "OneNote file", "OneNoteファイル"),
  registry: kind("active", "registry file", "レジストリ登録ファイル"),
  settings: kind("active", "file of settings that can start programs", "プログラムを起動できる設定ファイル"),
  query: kind("active", "query file that fetches data by itself", "自動でデータを取得するクエリファイル"),
  lnk: kind("shortcut", "Windows shortcut", "Windowsのショートカット"),
  "url-shortcut": kind("shortcut", "internet shortcut", "インターネットショートカット"),
  zip: kind("archive", "ZIP archive", "ZIP書庫"),
  lzh: kind("archive", "LZH archive", "LZH書庫"),
  rar: kind("archive", "RAR archive", "RAR書庫"),
  "7z": kind("archive", "7z archive", "7z書庫"),
  gzip: kind("archive", "gzip archive", "gzip書庫"),
  bzip2: kind("archive", "bzip2 archive", "bzip2書庫"),
  xz: kind("archive", "xz archive", "xz書庫"),
  lzma: kind("archive", "LZMA archive", "LZMA書庫"),
  zstd: kind("archive", "Zstandard archive", "Zstandard書庫"),
  compress: kind("archive", "compress (.Z) archive", "compress（.Z）書庫"),
  tar: kind("archive", "tar archive", "tar書庫"),
  cab: kind("archive", "cabinet archive", "キャビネット書庫"),
  arj: kind("archive", "ARJ archive", "ARJ書庫"),
  ace: kind("archive", "ACE archive", "ACE書庫"),
  zoo: kind("archive", "ZOO archive", "ZOO書庫"),
  cpio: kind("archive", "cpio archive", "cpio書庫"),
  ar: kind("archive", "ar archive", "ar書庫"),
  xar: kind("archive", "xar archive", "xar書庫"),
  uuencode: kind("archive", "uuencoded file", "uuencode形式のファイル"),
  iso: kind("disk-image", "ISO disk image", "ISOディスクイメージ"),
  udf: kind("disk-image", "UDF disk image", "UDFディスクイメージ"),
  vhd: kind("disk-image", "virtual disk (VHD)", "仮想ディスク（VHD）"),
  vhdx: kind("disk-image", "virtual disk (VHDX)", "仮想ディスク（VHDX）"),
  dmg: kind("disk-image", "macOS disk image", "macOSのディスクイメージ"),
  wim: kind("disk-image", "Windows imaging file", "Windowsイメージファイル"),
  fat: kind("disk-image", "disk image", "ディスクイメージ"),
  pdf: kind("document", "PDF document", "PDF文書"),
  ole: kind("document", "Office document (97-2003)", "Office文書（97-2003形式）"),
  ooxml: kind("document", "Office document", "Office文書"),
  odf: kind("document", "OpenDocument file", "OpenDocument文書"),
  rtf: kind("document", "RTF document", "RTF文書"),
  docuworks: kind("document", "DocuWorks document", "DocuWorks文書"),
  postscript: kind("document", "PostScript document", "PostScript文書"),
  epub: kind("document", "EPUB book", "EPUB文書"),
  activemime: kind("document", "Office document in ActiveMime", "ActiveMime形式のOffice文書"),
  text: kind("text", "text", "テキスト"),
  html: kind("text", "HTML page", "HTMLファイル"),
  svg: kind("image", "SVG picture", "SVG画像"),
  xml: kind("text", "XML file", "XMLファイル"),
  calendar: kind("text", "calendar entry", "予定データ"),
  vcard: kind("text", "address card", "連絡先カード"),
  png: kind("image", "PNG picture", "PNG画像"),
  jpeg: kind("image", "JPEG picture", "JPEG画像"),
  gif: kind("image", "GIF picture", "GIF画像"),
  bmp: kind("image", "BMP picture", "BMP画像"),
  tiff: kind("image", "TIFF picture", "TIFF画像"),
  webp: kind("image", "WebP picture", "WebP画像"),
  heif: kind("image", "HEIF picture", "HEIF画像"),
  icon: kind("image", "icon", "アイコン"),
  metafile: kind("image", "Windows metafile", "Windowsメタファイル"),
  photoshop: kind("image", "Photoshop picture", "Photoshop画像"),
  jpeg2000: kind("image", "JPEG 2000 picture", "JPEG 2000画像"),
  audio: kind("media", "sound", "音声"),
  video: kind("media", "video", "動画"),
  font: kind("media", "font", "フォント"),
  message: kind("message", "mail message", "メール"),
  multipart: kind("message", "group of parts", "パートのまとまり"),
  tnef: kind("message", "Outlook container (winmail.dat)", "Outlook形式（winmail.dat）"),
  pkcs7: kind("message", "S/MIME data", "S/MIMEデータ"),
  pgp: kind("message", "PGP data", "PGPデータ"),
  certificate: kind("message", "certificate", "証明書"),
  empty: kind("text", "empty file", "空のファイル"),
  unknown: kind("unknown", "content of no known kind", "種類の分からない内容"),
} as const satisfies Record<string, KindEntry>;
export type Kind = keyof typeof KINDS;

/** The class of a kind as it stands in `SeenFile.kind`; a kind that nobody knows is `unknown`. */
export function classOfKind(name: string): KindClass {
  return Object.hasOwn(KINDS, name) ? KINDS[name as Kind].class : "unknown";
}

/** The name of a kind for a person. */
export function sayKind(name: string): Said {
  return Object.hasOwn(KINDS, name) ? KINDS[name as Kind].said : KINDS.unknown.said;
}
