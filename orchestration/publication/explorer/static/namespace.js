// The explorer's one name. Belongs here: receiving data, fetching more of it, and words. Does not: what they are for.
// Plain scripts share it, each in a block of its own: browsers load no module from a memory stick (file:).
"use strict";
const Explorer = { data: {}, language: document.documentElement.lang };
{
  const loading = new Map();

  // Every data file calls this once, with its own name.
  Explorer.receive = (name, value) => { Explorer.data[name] = value; };

  // Data of that name, from its script beside the page; rejected where there is none.
  Explorer.load = name => {
    if (!loading.has(name)) {
      loading.set(name, new Promise((resolve, reject) => {
        if (name in Explorer.data) { resolve(Explorer.data[name]); return; }
        const script = document.createElement("script");
        script.src = `data/${name}.js`;
        script.onload = () => resolve(Explorer.data[name]);
        script.onerror = () => { loading.delete(name); reject(new Error(name)); };
        document.head.append(script);
      }));
    }
    return loading.get(name);
  };

  // The sentence of that key, with what stands in braces filled in.
  Explorer.t = (key, values = {}) =>
    Explorer.data.texts[key].replace(/\{(\w+)\}/g, (brace, name) => name in values ? values[name] : brace);

  Explorer.has = key => key in Explorer.data.texts;

  // An HTML element; children are nodes or text, never markup.
  Explorer.html = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) continue;
      element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter(child => child !== null));
    return element;
  };
}
