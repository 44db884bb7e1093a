// Last of all: show what there is, and follow what the server sends.

watch('value', () => load(props.value));
watch('selection', () => { if (props.selection) { selectIds(props.selection.ids); bringIntoSight(); } });
load(props.value);
