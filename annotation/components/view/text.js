// Offsets. The server counts code points, the browser UTF-16 units: here is the one place that converts.

const WORD = /[\p{L}\p{N}\p{M}]+(?:(?:[-'’]|(?<=\p{N})[.,](?=\p{N}))[\p{L}\p{N}\p{M}]+)*|\S/gu;

function indexText(text) {
  const unitOfPoint = [], pointOfUnit = [];
  let unit = 0;
  for (const character of text) {
    for (let k = 0; k < character.length; k++) pointOfUnit.push(unitOfPoint.length);
    unitOfPoint.push(unit);
    unit += character.length;
  }
  pointOfUnit.push(unitOfPoint.length);
  unitOfPoint.push(unit);
  const tokens = [...text.matchAll(WORD)].map(match => ({
    start: pointOfUnit[match.index], end: pointOfUnit[match.index + match[0].length],
  }));
  return {
    text, tokens, length: unitOfPoint.length - 1,
    slice: (start, end) => text.slice(unitOfPoint[start], unitOfPoint[end]),
    point: unit => pointOfUnit[unit],
    unit: point => unitOfPoint[point],
    lines: linesOf(text).map(([start, end]) => ({start: pointOfUnit[start], end: pointOfUnit[end]})),
  };
}

// The lines with their line feeds, as pairs of units. The last is present even when it is empty.
function linesOf(text) {
  const lines = [];
  let start = 0;
  for (let feed = text.indexOf('\n'); feed >= 0; feed = text.indexOf('\n', start)) {
    lines.push([start, feed + 1]);
    start = feed + 1;
  }
  if (start < text.length || !lines.length) lines.push([start, text.length]);
  return lines;
}

// The index of the last item (in text order) that starts at or before the point; -1 where none does.
function lastAt(items, point) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].start <= point) low = middle + 1; else high = middle;
  }
  return low - 1;
}

// The range grown to whole words, without blanks and stops at its ends; null where it holds no word.
function snapToWords(index, start, end) {
  const inside = index.tokens.slice(Math.max(0, lastAt(index.tokens, start)), lastAt(index.tokens, end - 1) + 1)
    .filter(token => token.end > start);
  const isStop = token => token && /^[.,;:!?)(\]["]$/.test(index.slice(token.start, token.end));
  while (isStop(inside[inside.length - 1])) inside.pop();
  while (isStop(inside[0])) inside.shift();
  return inside.length ? {start: inside[0].start, end: inside[inside.length - 1].end} : null;
}

// The range without blanks at its ends; null where it holds blanks only.
function trimBlanks(index, start, end) {
  while (start < end && /\s/.test(index.slice(start, start + 1))) start++;
  while (end > start && /\s/.test(index.slice(end - 1, end))) end--;
  return start < end ? {start, end} : null;
}
