// AssemblyScript (TypeScript for WebAssembly): reads records, cell by cell. tools/buildWasm.mjs compiles it into
// mainBytes.ts; a test compiles it again and compares. machine.ts lays out the memory and calls what stands here.
export { putPlace } from "./address";
export { cellLength, readCell } from "./cell";
export { classify, confidence, readAs, sex } from "./classify";
export { day, era } from "./dates";
export { setKey } from "./hash";
export { itemCount } from "./items";
export {
  beginTask,
  chunkEnd,
  chunkRows,
  clearChunk,
  clearLog,
  logRecords,
  logRows,
  normalsEnd,
  others,
  record,
  setPlace,
  setRow,
  taken,
  takeRecord,
  valuesEnd,
} from "./log";
export { isNew, MEMORY_BYTES, nameColumn, nameColumns, newMemory } from "./memory";
export { clearNormal, normalAt, writeDay, writeNormal, writeSex } from "./normal";
export { readRecord, secondPerson, setToday, takePerson } from "./record";
export { clearSignature, takeDay, takeField, takeSex } from "./signature";
export {
  clearAttributes,
  clearCustomers,
  codeAttribute,
  customer,
  customerRows,
  misses,
} from "./customer";
export { soundLength, split } from "./sound";
export { fieldCount, splitRecord } from "./split";
export * from "./layout";
