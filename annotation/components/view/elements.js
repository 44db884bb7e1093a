// Making elements. Text goes in by textContent only: nothing from a note is ever read as markup.

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

function makeSvg(tag, attributes = {}, text) {
  const node = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// A label as words: "GeneOrGeneProduct" -> "Gene Or Gene Product", "Lab_Test" -> "Lab Test".
const words = label => label.replace(/_/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2');

// Guidelines set names in `backticks`: as code where there is room for it, in quotation marks where there is text only.
const IN_BACKTICKS = /`([^`]+)`/;
const withCode = text => text.split(IN_BACKTICKS).map((part, n) => n % 2 ? make('code', {text: part}) : part);
const quoted = text => text.replace(new RegExp(IN_BACKTICKS, 'g'), '“$1”');
