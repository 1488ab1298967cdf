// Runs after d3 and jQuery and before BertViz's own script.

// require.js, as far as BertViz needs it. A frame in a closed tab has no width yet: start when it gets one.
window.requirejs = (names, start) => {
  const libraries = { jquery: window.jQuery, d3: window.d3 };
  const run = () => start(...names.map((name) => libraries[name]));
  if (window.innerWidth > 0) run();
  else window.addEventListener("resize", run, { once: true });
};

// Opened by itself the page paints its own background; in a frame the app's shows through.
if (window.top === window) document.documentElement.classList.add("alone");

const headView = {
  // Weights arrive once, as whole numbers of 1 / scale and as runs of zeros (-n); layer, head, row by row.
  weights(params) {
    const [layers, heads, count] = params.shape;
    const flat = new Array(layers * heads * count * count).fill(0);
    let at = 0;
    for (const run of params.runs) {
      if (run < 0) at -= run;
      else flat[at++] = run / params.scale;
    }
    const cut = (start, end, step) =>
      Array.from({ length: (end - start) / step }, (_, i) => start + i * step);
    const head = count * count;
    return cut(0, flat.length, heads * head).map((layer) => cut(layer, layer + heads * head, head).map((start) =>
      cut(start, start + head, count).map((row) => flat.slice(row, row + count))));
  },

  // The sentence pairs are cut out of the whole here.
  unpack(params) {
    const whole = headView.weights(params);
    headView.least = params.least || headView.least;
    for (const view of params.attention) {
      view.attn = whole.map((layer) =>
        layer.map((head) => head.slice(...view.rows).map((row) => row.slice(...view.columns))));
    }
    return params;
  },

  // The same for the neuron view: one layer, one head, and its queries and keys.
  unpackHead(params) {
    const [[whole]] = headView.weights(params);
    const numbers = (vectors) => vectors.map((vector) => vector.map((number) => number / params.vector_scale));
    headView.least = params.least;
    for (const view of Object.values(params.attention)) {
      view.attn = [[whole.slice(...view.rows).map((row) => row.slice(...view.columns))]];
      view.queries = [[numbers(params.queries.slice(...view.rows))]];
      view.keys = [[numbers(params.keys.slice(...view.columns))]];
    }
    return params;
  },

  // Wide enough for the longest token (BertViz: always the same, which cuts long ones off).
  boxWidth(tokens, textSize) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${textSize}px ${getComputedStyle(document.body).fontFamily}`;
    const widths = tokens.map((token) => pen.measureText(token).width);
    return Math.max(60, Math.ceil(Math.max(...widths)) + textSize);
  },

  // The model view: as wide as the frame; a row of a small picture as high as makes the picture wider than high.
  modelWidth(params) {
    const least = Math.max(params.total_heads * 44, 330);
    return Math.max(least, Math.min(970, document.getElementById("vis").clientWidth || 970));
  },

  rowHeight(config, width) {
    const rows = Math.max(config.leftText.length, config.rightText.length);
    return Math.min(12, (0.75 * width) / config.totalHeads / rows);
  },

  // The neuron view: three vectors side by side in what `others` leave of the frame.
  vectorWidth(others) {
    const free = (document.getElementById("vis").clientWidth || 970) - others;
    return Math.max(headView.narrow() ? 46 : 90, Math.min(240, Math.floor(free / 3)));
  },

  // A phone: there the neuron view has smaller letters, and says on the left what to do.
  narrow() {
    return (document.getElementById("vis").clientWidth || 970) < 640;
  },

  // Lets a view that is wider than its frame fade out on the right; returns its width.
  fading(width) {
    const vis = document.getElementById("vis");
    vis.classList.toggle("fading", width > vis.clientWidth);
    return width;
  },

  // After a tap: what comes of it stands on the right. (A mouse would lose the token that it points at.)
  showResult() {
    const vis = document.getElementById("vis");
    if (window.matchMedia("(hover: none)").matches) vis.scrollTo({ left: vis.scrollWidth, behavior: "smooth" });
  },

  // As wide as the frame allows, within reason; what does not fit scrolls sideways.
  matrixWidth(params, boxWidth, squareWidth) {
    const headsWidth = params.attention[0].attn[0].length * squareWidth;
    const free = document.getElementById("vis").clientWidth - 2 * boxWidth;
    return Math.max(60, headsWidth - 2 * boxWidth, Math.min(380, free));
  },

  onResize(redraw) {
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      if (window.innerWidth === 0 || window.innerWidth === width) return; // closed tab, or a new height only
      width = window.innerWidth;
      redraw();
    });
  },

  // A weight below 1/512 changes no pixel even when its head is alone: no line for it. Returning null keeps
  // the positions of the others, which BertViz numbers by index.
  least: 1 / 512,
  line(weight) { return headView.shape(this, "line", weight); },
  path(weight) { return headView.shape(this, "path", weight); },
  rect(weight) { return headView.shape(this, "rect", weight); },
  shape(parent, name, weight) {
    return weight < headView.least ? null : parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", name));
  },

  // The app's colours, for the model and the neuron view.
  palette: {
    light: { text: "#20242e", background: "#fcfcf9", highlight: "#ebeae4", attn: "#4454c4", connector: "#4454c4",
      pos: "#4454c4", neg: "#c96f1e", selected_text: "#20242e", heading_text: "#20242e", text_highlighted: "#5c6170",
      text_highlight_left: "#dcdff5", text_highlight_right: "#8f9be6", vector_border: "#e4e2da", icon: "#5c6170" },
    dark: { text: "#e8e9ee", background: "#14161c", highlight: "#2a2d38", attn: "#8e9bff", connector: "#8e9bff",
      pos: "#8e9bff", neg: "#eb9a50", selected_text: "#ffffff", heading_text: "#e8e9ee", text_highlighted: "#a4a8b6",
      text_highlight_left: "#3a4170", text_highlight_right: "#5a69c8", vector_border: "#2e323d", icon: "#a4a8b6" },
  },

  // BertViz has ten colours, but large models sixteen heads; on a dark page thin lines need lighter ones.
  colors(d3) {
    const more = ["#1a3a8f", "#8c6d00", "#0b5d3b", "#7b1e3a", "#b59bff", "#5b5b2e"];
    const dark = document.documentElement.classList.contains("dark");
    const shade = (color) => {
      const shaded = d3.hsl(color);
      if (dark) shaded.l = Math.max(shaded.l + 0.08, 0.62);
      return shaded.toString();
    };
    return d3.scaleOrdinal(d3.schemeCategory10.concat(more).map(shade));
  },

  // The colour of a head that is switched off, on a light or a dark page.
  muted(color) {
    const faint = window.d3.color(color);
    faint.opacity = 0.18;
    return faint;
  },

  finish(svg, width, params) {
    svg.attr("width", width);
    const heads = window.d3.select(svg.node().lastChild).attr("class", "heads"), squares = heads.selectAll("rect");
    squares.append("title").text((shown, head) => `${params.head_label} ${head + 1}`);
    squares.each(function (shown, head) {
      const [x, y] = ["x", "y"].map(name => Number(this.getAttribute(name)));
      heads.append("text").attr("class", "number").attr("x", x + 8.5).attr("y", y + 12.5).text(head + 1);
    });
  },
};
