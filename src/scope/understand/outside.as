// What is rare enough to be done outside, where there are regular expressions: outside.ts answers.

/** Whether the cell is an address in Latin letters. */
// @ts-ignore: decorator
@external("outside", "isRomanAddress")
export declare function isRomanAddress(): i32;

/**
 * Mends a field that is nothing by itself: text that was decoded wrongly. The mended text lies at the place given
 * back, with its size before it; 0: it cannot be mended.
 */
// @ts-ignore: decorator
@external("outside", "mend")
export declare function mend(from: i32, to: i32): i32;

/**
 * Cuts a field that holds several things; gives their number. Where their texts begin and end stands at CUTS.
 */
// @ts-ignore: decorator
@external("outside", "cut")
export declare function cut(): i32;
