// Last of all: show what there is, and follow what the server sends.

function show() {
  load(props.value);
  const {place} = props.value || {};
  if (isPlace(place)) requestAnimationFrame(() => bringIntoSight(place)); // once it is laid out
}

watch('value', show);
watch('selection', () => { if (props.selection) { selectIds(props.selection.ids); bringIntoSight(); } });
show();
