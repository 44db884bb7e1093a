// The guidelines of a label set, to unfold beside the text.

const root = element.querySelector('.odin') || element.appendChild(make('div', {class: 'odin guide'}));

function draw() {
  const guide = props.value;
  root.replaceChildren(...guide && guide.entities ? drawGuide(guide) : [make('p', {class: 'hint', text: 'Choose a project to see its guidelines.'})]);
}

watch('value', draw);
draw();
