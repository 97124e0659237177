/** Names of visitors from abroad, as a Japanese reservation system holds them. Facts, from knowledge. */

type Written = { kanji: string; roman: string; kana: string };

function readWritten(text: string): Written[] {
  return text
    .trim()
    .split(/\s+/)
    .map((one) => {
      const match = /^(.*?)([A-Z]+)(.*)$/.exec(one);
      return { kanji: match?.[1] ?? "", roman: match?.[2] ?? "", kana: match?.[3] ?? "" };
    });
}

export const chineseSurnames = readWritten(`
王WANGワン 李LIリー 張ZHANGチャン 劉LIUリュウ 陳CHENチェン 楊YANGヤン 趙ZHAOジャオ 黄HUANGホァン 周ZHOUジョウ 呉WUウー
徐XUシュー 孫SUNスン 胡HUフー 朱ZHUジュー 高GAOガオ 林LINリン 何HEホー 郭GUOグオ 馬MAマー 羅LUOルオ 梁LIANGリャン 宋SONGソン
鄭ZHENGジェン 謝XIEシエ 韓HANハン 唐TANGタン 馮FENGフォン 于YUユー 董DONGドン 蕭XIAOシャオ`);

const chineseSyllables = readWritten(`
偉WEIウェイ 芳FANGファン 娜NAナー 敏MINミン 静JINGジン 麗LIリー 強QIANGチャン 磊LEIレイ 軍JUNジュン 洋YANGヤン 勇YONGヨン
艶YANイェン 傑JIEジエ 娟JUANジュエン 濤TAOタオ 明MINGミン 超CHAOチャオ 霞XIAシア 平PINGピン 剛GANGガン 桂GUIグイ 英YINGイン
華HUAホァ 玉YUユー 文WENウェン 建JIANジエン 国GUOグオ 志ZHIジー 海HAIハイ 晨CHENチェン 宇YUユー 浩HAOハオ 雪XUEシュエ
婷TINGティン 佳JIAジア 慧HUIホイ 欣XINシン 怡YIイー 思SIスー 雨YUユー 子ZIズー 俊JUNジュン 凱KAIカイ 峰FENGフォン`);

export const koreanSurnames = readWritten(`
金KIMキム 李LEEイ 朴PARKパク 崔CHOIチェ 鄭JUNGチョン 姜KANGカン 趙CHOチョ 尹YOONユン 張JANGチャン 林LIMイム 韓HANハン 呉OHオ
徐SEOソ 申SHINシン 権KWONクォン 黄HWANGファン 安AHNアン 宋SONGソン 柳RYUリュ 洪HONGホン`);

const koreanSyllables = readWritten(`
民MINミン 俊JUNジュン 賢HYUNヒョン 智JIジ 秀SOOス 英YOUNGヨン 美MIミ 恩EUNウン 宇WOOウ 鎬HOホ 成SUNGソン 慶KYUNGギョン 熙HEEヒ
真JINジン 娟YEONヨン 東DONGドン 相SANGサン 善SUNソン 貞JUNGジョン 承SEUNGスン`);

/** Hangul of the syllables above, for customers who wrote their names so. */
export const hangulOf: ReadonlyMap<string, string> = new Map(
  (
    "金김 李이 朴박 崔최 鄭정 姜강 趙조 尹윤 張장 林임 韓한 呉오 徐서 申신 権권 黄황 安안 宋송 柳유 洪홍 民민 俊준 賢현 智지 " +
    "秀수 英영 美미 恩은 宇우 鎬호 成성 慶경 熙희 真진 娟연 東동 相상 善선 貞정 承승"
  )
    .split(" ")
    .map((one) => [one.charAt(0), one.charAt(1)]),
);

function pairs(syllables: readonly Written[]): Written[] {
  return syllables.flatMap((one) =>
    syllables
      .filter((other) => other !== one)
      .map((other) => ({
        kanji: one.kanji + other.kanji,
        roman: one.roman + other.roman,
        kana: one.kana + other.kana,
      })),
  );
}
export const chineseGivens = [...chineseSyllables, ...pairs(chineseSyllables)];
export const koreanGivens = pairs(koreanSyllables);

export const westernSurnames = readWritten(`
SMITHスミス JOHNSONジョンソン WILLIAMSウィリアムズ BROWNブラウン JONESジョーンズ GARCIAガルシア MILLERミラー DAVISデイビス
MARTINEZマルティネス LOPEZロペス WILSONウィルソン ANDERSONアンダーソン THOMASトーマス TAYLORテイラー MOOREムーア JACKSONジャクソン
MARTINマーティン LEEリー THOMPSONトンプソン WHITEホワイト HARRISハリス CLARKクラーク LEWISルイス WALKERウォーカー HALLホール
ALLENアレン YOUNGヤング KINGキング WRIGHTライト SCOTTスコット HILLヒル GREENグリーン ADAMSアダムス NELSONネルソン BAKERベイカー
CAMPBELLキャンベル MITCHELLミッチェル ROBERTSロバーツ CARTERカーター PHILLIPSフィリップス EVANSエバンス TURNERターナー MULLERミュラー
SCHMIDTシュミット SCHNEIDERシュナイダー FISCHERフィッシャー WEBERウェーバー DUBOISデュボワ MOREAUモロー LAURENTローラン ROSSIロッシ
RUSSOルッソ FERRARIフェラーリ NGUYENグエン TRANチャン PHAMファム SILVAシルバ SANTOSサントス OLIVEIRAオリベイラ IVANOVイワノフ`);

export const westernWomen = readWritten(`
MARYメアリー PATRICIAパトリシア JENNIFERジェニファー LINDAリンダ ELIZABETHエリザベス BARBARAバーバラ SUSANスーザン JESSICAジェシカ
SARAHサラ KARENカレン NANCYナンシー LISAリサ MARGARETマーガレット SANDRAサンドラ ASHLEYアシュリー EMILYエミリー ANNAアンナ MARIAマリア
EMMAエマ OLIVIAオリビア SOPHIAソフィア LAURAローラ JULIAジュリア CLAIREクレア MARIEマリー CAMILLEカミーユ GIULIAジュリア HELENヘレン
OLGAオルガ THUトゥー LANラン`);

export const westernMen = readWritten(`
JAMESジェームズ JOHNジョン ROBERTロバート MICHAELマイケル WILLIAMウィリアム DAVIDデイビッド RICHARDリチャード JOSEPHジョセフ
THOMASトーマス CHARLESチャールズ DANIELダニエル MATTHEWマシュー ANTHONYアンソニー MARKマーク PAULポール ANDREWアンドリュー
KEVINケビン BRIANブライアン GEORGEジョージ EDWARDエドワード PETERピーター ALEXANDERアレクサンダー STEFANシュテファン PIERREピエール
JEANジャン CARLOSカルロス JOSEホセ JUANフアン LUISルイス MARCOマルコ IVANイワン MINHミン DUCドゥック`);
