// Where everything lies in the memory of one reader (tables.ts lays the tables there), and the numbers that both
// sides know. One memory of fixed size, nothing is allocated: whatever a record holds, it takes no more.

// Kinds, in the order of SCOPE_KINDS; personReader.test.ts holds the two against each other.
export const UNKNOWN: i32 = 0;
export const NAME: i32 = 1;
export const KANA: i32 = 2;
export const ROMAN_NAME: i32 = 3;
export const SEX: i32 = 4;
export const BIRTH_DATE: i32 = 5;
export const EMAIL: i32 = 6;
export const POSTAL_CODE: i32 = 7;
export const ADDRESS: i32 = 8;
export const PHONE: i32 = 9;
export const PASSPORT: i32 = 10;
export const PASSPORT_ISSUED: i32 = 11;
export const PASSPORT_EXPIRES: i32 = 12;
export const MY_NUMBER: i32 = 13;
export const PAYMENT_CARD: i32 = 14;
export const FREE_TEXT: i32 = 15;
export const CUSTOMER_ID: i32 = 16;
export const OTHER_DATE: i32 = 17;
export const OTHER: i32 = 18;
export const KINDS: i32 = 19;

// Classes of folded characters, as bits.
export const DIGIT: i32 = 1;
export const LOWER: i32 = 2;
export const UPPER: i32 = 4;
export const BLANK: i32 = 8;
export const HYPHEN: i32 = 16;
export const KANJI: i32 = 32;
export const HIRAGANA: i32 = 64;
export const KATAKANA: i32 = 128;
export const AT_SIGN: i32 = 256;
export const DOT: i32 = 512;
export const SLASH: i32 = 1024;
export const TELEPHONE: i32 = 2048;
export const HANGUL: i32 = 4096;
// Latin letters with marks.
export const ACCENTED: i32 = 8192;
// What could not be decoded.
export const BROKEN: i32 = 16384;
export const OTHERS: i32 = 32768;
export const LATIN: i32 = LOWER | UPPER;
export const JAPANESE: i32 = KANJI | HIRAGANA | KATAKANA;

// Marks of the fold table: see foldTable.ts.
export const DROPPED: i32 = 0xffff;
export const EXPANDED: i32 = 0xfffe;
export const VOICED_MARK: i32 = 0x3099;
export const ROUND_MARK: i32 = 0x309a;
export const FOLDED_POINTS: i32 = 0x30000;

// Tables.
export const SETS: i32 = 0x0800;
export const CLASSES: i32 = 0x070000;
// Bits of single characters that names and addresses are read by.
export const SIGNS: i32 = 0x090000;
// 0 to 9, 10 for 十, 255 for what is no number in kanji.
export const KANJI_NUMBERS: i32 = 0x0a0000;
// Sets one behind the other: of each its table by first units, then its slots.
export const SETS_FROM: i32 = 0x0b0000;
export const POSTAL_CODES: i32 = 0x440000;
export const EXPANSION_PLACES: i32 = 0x580000;
export const EXPANSIONS: i32 = 0x5e0000;
export const COMPOSED: i32 = 0x600000;
export const KANA_LETTERS: i32 = 0x600400;
export const SMALL_KANA: i32 = 0x600600;
export const PLAIN_LETTERS: i32 = 0x600700;
export const PAIR_BITS: i32 = 0x601000;
export const DIGIT_BITS: i32 = 0x601400;
export const YEAR_MONTH: i32 = 0x602000;
export const MONTH_DAY: i32 = 0x604000;
export const YEAR_DAY: i32 = 0x606000;
export const YEAR_BOTH: i32 = 0x60c000;
// Units of PINYIN_FINALS, each with its length before it.
export const PINYIN: i32 = 0x690000;

// Bits in SIGNS.
export const PREFECTURE_END: i32 = 1;
export const CITY_END: i32 = 2;
export const NUMBER_MARK: i32 = 4;
export const WORD_ENDING: i32 = 8;
export const TITLE: i32 = 16;
export const ERA_SECOND: i32 = 32;

// Sets of names and places, by their place at SETS.
export const FAMILIES: i32 = 0;
export const GIVENS: i32 = 1;
export const FAMILY_KANA: i32 = 2;
export const GIVEN_KANA: i32 = 3;
export const FAMILY_SOUNDS: i32 = 4;
export const GIVEN_SOUNDS: i32 = 5;
export const PREFECTURES: i32 = 6;
export const CITIES: i32 = 7;
export const TOWNS: i32 = 8;

// What is being read.
export const CELL: i32 = 0x6a0000;
export const CELL_MOST: i32 = 4096;
export const NAME_UNITS: i32 = 0x6a4000;
export const NAME_MOST: i32 = 64;
export const TURN_UNITS: i32 = 0x6a4100;
export const TOKEN_STARTS: i32 = 0x6a4200;
export const TOKEN_ENDS: i32 = 0x6a4240;
export const TOKENS_MOST: i32 = 6;
export const WORD_ENDS: i32 = 0x6a4280;
export const TOWN: i32 = 0x6a4300;
export const TOWN_MOST: i32 = 48;
export const NUMBERS: i32 = 0x6a4400;
export const NUMBERS_MOST: i32 = 3;
export const DIGITS: i32 = 0x6a4500;
export const DIGITS_MOST: i32 = 40;
export const ASIDE: i32 = 0x6a4600;
export const DATE_NUMBERS: i32 = 0x6a4700;
export const DATE_WIDTHS: i32 = 0x6a4720;
export const LETTERS: i32 = 0x6a4800;
export const LETTERS_MOST: i32 = 256;
export const PART_ENDS: i32 = 0x6a4b00;
export const PARTS_MOST: i32 = 8;
export const SCRATCH: i32 = 0x6a4c00;
export const UNITS: i32 = 0x6a5000;
export const UNITS_MOST: i32 = 512;
// The signature of the person under way, and how sure what is in it was, by kind.
export const ROW: i32 = 0x6a6000;
export const ROW_WORDS: i32 = 48;
export const SURE: i32 = 0x6a6200;
// Of each column of a signature, in which word of its row it begins.
export const COLUMN_WORDS: i32 = 0x6a6300;
// For each choice among four words, where in them the bytes of the chosen ones lie: what takes out the others.
export const CHOICES: i32 = 0x6a6400;

// Fields and items of the record.
export const FIELD_STARTS: i32 = 0x6c0000;
export const FIELD_ENDS: i32 = 0x6c0800;
export const FIELDS_MOST: i32 = 512;
export const ITEMS_MOST: i32 = 768;
export const ITEM_FIELD: i32 = 0x6c1000;
export const ITEM_KIND: i32 = 0x6c1800;
export const ITEM_START: i32 = 0x6c2000;
export const ITEM_END: i32 = 0x6c3000;
export const NORMAL_START: i32 = 0x6c4000;
export const NORMAL_END: i32 = 0x6c5000;
export const ITEM_SURE: i32 = 0x6c6000;
export const ITEM_DAY: i32 = 0x6c7000;
export const ITEM_ERA: i32 = 0x6c8000;
export const ITEM_FORMAT: i32 = 0x6c8400;
// Where the text of a mended or cut cell lies; 0: the field's own bytes.
export const PIECE_FROM: i32 = 0x6c9000;
export const PIECE_TO: i32 = 0x6ca000;
// The items that are days, by their places.
export const DATE_ITEMS: i32 = 0x6e0000;

export const NORMAL: i32 = 0x700000;
export const NORMAL_MOST: i32 = 0x80000;
// What is remembered of the source, see memory.as.
export const MEMORY: i32 = 0x790000;
// Signatures that wait to be written, each as which words of its row are there, in 64 bits, and these words.
export const CHUNK: i32 = 0x800000;
export const CHUNK_ROWS: i32 = 32768;
export const INPUT: i32 = 0xe00000;
export const INPUT_MOST: i32 = 0x400000;
// Texts of pieces, behind the record.
export const PIECES: i32 = 0x1240000;
export const PIECES_MOST: i32 = 0xc0000;

// Columns of records.parquet that wait to be written, see log.as.
export const LOG_ROWS: i32 = 400000;
export const LOG_RECORDS: i32 = 65536;
// By record: how many items it has, its encoding, how much of it was there, and its path.
export const LOG_ITEMS: i32 = 0x1400000;
export const LOG_FIELD: i32 = 0x14d0000;
export const LOG_KIND: i32 = 0x15a0000;
export const LOG_ENCODING: i32 = 0x1610000;
export const LOG_PART: i32 = 0x1680000;
export const LOG_PATH: i32 = 0x16f0000;
export const LOG_ID: i32 = 0x1760000;
export const LOG_OFFSET: i32 = 0x17e0000;
export const LOG_LINE: i32 = 0x1860000;
export const LOG_VALUES: i32 = 0x1900000;
export const LOG_NORMALS: i32 = 0x2900000;
export const LOG_TEXT: i32 = 0x1000000;
// Records by kind of item, by encoding, and by how much of them was there.
export const ITEM_COUNTS: i32 = 0x6cb000;
export const ENCODING_COUNTS: i32 = 0x6cb100;
export const PART_COUNTS: i32 = 0x6cb180;
// Where the texts of a cell that was cut lie: from and to of each.
export const CUTS: i32 = 0x6cb200;
// Of a customer table: which field each column holds, 255: none; and where each field of the row begins and ends.
export const CUSTOMER_COLUMNS: i32 = 0x6cb400;
export const CUSTOMER_SPANS: i32 = 0x6cb600;
// Texts of attributes that came last: of each two hashes, its length and its number, which who reads the rows gives.
export const ATTRIBUTE_SLOTS: i32 = 0x6cc000;
export const SLOTS_OF_ATTRIBUTE: i32 = 1024;
// The same place for rows of a customer table: their numbers of attributes, and days.
export const CUSTOMER_ROWS: i32 = 100000;
export const CUSTOMER_CODES: i32 = 0x1400000;
export const CUSTOMER_BORN: i32 = 0x1610000;
export const CUSTOMER_EXPIRES: i32 = 0x1680000;
// Of each code point, the unit to which it folds and, in the upper half, the class of that.
export const FOLD: i32 = 0x3900000;
export const END: i32 = 0x39c0000;
