import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, hexadecimal } from "../src/core/crc32";

/** The textbook form, over the bytes that Node's encoder makes. */
function slowly(text: string): number {
  let sum = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

test("the checksum is the one of zlib", () => {
  assert.equal(hexadecimal(crc32("123456789")), "cbf43926");
  assert.equal(hexadecimal(crc32("")), "00000000");
});

test("the checksum is that of the text in UTF-8, whatever its characters", () => {
  for (const text of ["Grüße", "日本語", "a😀b", "\u07ff\u0800\uffff", "\u{10ffff}\u{10000}"]) {
    assert.equal(crc32(text), slowly(text), text);
  }
});

test("the checksum can be continued at any character", () => {
  const characters = [..."Zwölf 😀 Boxkämpfer 日本 jagen Viktor"];
  for (let cut = 0; cut <= characters.length; cut++) {
    const [one, other] = [characters.slice(0, cut).join(""), characters.slice(cut).join("")];
    assert.equal(crc32(other, crc32(one)), slowly(one + other));
  }
});
