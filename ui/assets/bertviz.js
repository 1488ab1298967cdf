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
  // Weights arrive once, as whole numbers of 1 / scale; the sentence pairs are cut out of them here.
  unpack(params) {
    const whole = params.attention[0].attn.map((layer) =>
      layer.map((head) => head.map((row) => row.map((weight) => weight / params.scale))));
    for (const view of params.attention) {
      view.attn = view.rows === undefined ? whole : whole.map((layer) =>
        layer.map((head) => head.slice(...view.rows).map((row) => row.slice(...view.columns))));
    }
    return params;
  },

  // Wide enough for the longest token (BertViz: always 110 pixels, which cuts long ones off).
  boxWidth(params, textSize) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${textSize}px ${getComputedStyle(document.body).fontFamily}`;
    const widths = params.attention[0].left_text.map((token) => pen.measureText(token).width);
    return Math.max(60, Math.ceil(Math.max(...widths)) + textSize);
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
  line(weight) {
    if (weight < 1 / 512) return null;
    return this.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "line"));
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
    const squares = window.d3.select(svg.node().lastChild).attr("class", "heads").selectAll("rect");
    squares.append("title").text((shown, head) => `${params.head_label} ${head + 1}`);
  },
};
