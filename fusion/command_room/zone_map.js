// The zone on one canvas. Colours carry meaning only together with a shape (see the legend).
import { leaflet as L } from "nicegui-leaflet";

const HEALTH = {
  r: { fill: "#5b6b7d", shape: "dot" },
  c: { fill: "#e0b84c", shape: "ring" },
  l: { fill: "#35c48d", shape: "disc" },
  o: { fill: "#ff6b5e", shape: "cross" },
  x: { fill: "#ff6b5e", shape: "cross" },
  s: { fill: "#e0b84c", shape: "square" },
  u: { fill: "#e0b84c", shape: "square" },
  t: { fill: "#ff7ab6", shape: "triangle" },
};
// What lies on top where marks meet: those without a stream below, what fails above what is well.
const RANK = { r: 0, l: 1, c: 1, t: 2, s: 2, u: 2, o: 2, x: 2 };
const GRID = { rural: "#3f7f5f", enterprise: "#3f6fa8", small: "#3f6fa8" };
const OPEN = new Set(["collected", "filed", "dispatched", "handling", "feedback", "verified", "suspended"]);

function drawMark(ctx, shape, x, y, r) {
  ctx.beginPath();
  if (shape === "cross") {
    ctx.lineWidth = 2.5;
    ctx.moveTo(x - r, y - r); ctx.lineTo(x + r, y + r);
    ctx.moveTo(x + r, y - r); ctx.lineTo(x - r, y + r);
    ctx.stroke();
    return;
  }
  if (shape === "triangle") {
    ctx.moveTo(x, y - 1.2 * r); ctx.lineTo(x + 1.15 * r, y + 0.85 * r); ctx.lineTo(x - 1.15 * r, y + 0.85 * r);
    ctx.closePath();
  } else if (shape === "square") ctx.rect(x - r, y - r, 2 * r, 2 * r);
  else ctx.arc(x, y, r, 0, 2 * Math.PI);
  if (shape === "ring") { ctx.lineWidth = 2; ctx.stroke(); } else ctx.fill();
}

// One canvas over the map for every terminal; hit-testing is a linear search, 1,677 subtractions a click.
const TerminalLayer = L.Layer.extend({
  initialize(terminals) { this.terminals = terminals; this.codes = ""; },
  onAdd(map) {
    this.map = map;
    this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide");
    this.canvas.style.pointerEvents = "none";
    map.getPanes().overlayPane.appendChild(this.canvas);
    map.on("moveend zoomend resize", this.draw, this);
    this.draw();
  },
  onRemove(map) { map.off("moveend zoomend resize", this.draw, this); this.canvas.remove(); },
  setCodes(codes) { this.codes = codes || ""; if (this.map) this.draw(); },
  draw() {
    const size = this.map.getSize(), ratio = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this.canvas, this.map.containerPointToLayerPoint([0, 0]));
    this.canvas.width = size.x * ratio; this.canvas.height = size.y * ratio;
    this.canvas.style.width = `${size.x}px`; this.canvas.style.height = `${size.y}px`;
    const ctx = this.canvas.getContext("2d");
    ctx.scale(ratio, ratio);
    const zoomed = Math.max(0, this.map.getZoom() - 13);
    for (const rank of [0, 1, 2]) this.terminals.forEach((terminal, index) => {
      const code = this.codes[index] || "r";
      if (RANK[code] !== rank) return;
      const p = this.map.latLngToContainerPoint([terminal.point[1], terminal.point[0]]);
      if (p.x < -9 || p.y < -9 || p.x > size.x + 9 || p.y > size.y + 9) return;
      const look = HEALTH[code];
      ctx.fillStyle = ctx.strokeStyle = look.fill;
      drawMark(ctx, look.shape, p.x, p.y, (rank ? 4.5 : 1.4) + zoomed * 0.6);
    });
  },
  nearest(point, reachPx) {
    let found = null, best = reachPx * reachPx;
    this.terminals.forEach((terminal) => {
      const p = this.map.latLngToContainerPoint([terminal.point[1], terminal.point[0]]);
      const d = (p.x - point.x) ** 2 + (p.y - point.y) ** 2;
      if (d < best) { best = d; found = terminal; }
    });
    return found;
  },
});

function label(text) {
  // Names come from people and files: they are put in as text, never as markup.
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

export default {
  template: '<div class="zone-map"></div>',
  props: { language: String, terminals: String, workers: Array, cases: Array, focus: Array, resourcePath: String },
  async mounted() {
    await this.$nextTick();
    const css = document.createElement("link");
    css.rel = "stylesheet";
    css.href = `${window.path_prefix || ""}${this.resourcePath}/leaflet/leaflet.css`;
    document.head.appendChild(css);
    const answer = await fetch("/api/v1/zone", { credentials: "same-origin" });
    if (!answer.ok) { this.$el.textContent = `zone: ${answer.status}`; return; }
    this.zone = await answer.json();
    this.build();
  },
  unmounted() { this.map?.remove(); },
  watch: {
    terminals() { this.terminalLayer?.setCodes(this.terminals); },
    workers() { this.drawWorkers(); },
    cases() { this.drawCases(); },
    focus() { this.showFocus(); },
  },
  methods: {
    build() {
      const map = L.map(this.$el, { preferCanvas: true, attributionControl: false, zoomControl: true, zoomSnap: 0.25 });
      this.map = map;
      const latLngs = (line) => line.map(([lon, lat]) => [lat, lon]);
      const edge = L.polygon(latLngs(this.zone.boundary), { color: "#8fa3b8", weight: 2, fillColor: "#16212d", fillOpacity: 1, interactive: false });
      edge.addTo(map);
      map.fitBounds(edge.getBounds(), { padding: [12, 12] });
      for (const grid of this.zone.grids) {
        const small = grid.kind === "small";
        L.polygon(latLngs(grid.ring), { color: GRID[grid.kind], weight: small ? 0.5 : 1.2, opacity: small ? 0.6 : 0.9, fillColor: GRID[grid.kind], fillOpacity: small ? 0.02 : 0.12 })
          .bindTooltip(() => label(`${grid.id} ${grid.name}`), { sticky: true }).addTo(map);
      }
      for (const [name, line] of this.zone.streets) {
        L.polyline(latLngs(line), { color: "#50606f", weight: 1.2, opacity: 0.7, interactive: false }).addTo(map);
      }
      this.terminalLayer = new TerminalLayer(this.zone.terminals);
      this.terminalLayer.addTo(map);
      this.terminalLayer.setCodes(this.terminals);
      this.workerLayer = L.layerGroup().addTo(map);
      this.caseLayer = L.layerGroup().addTo(map);
      map.on("click", (event) => {
        const terminal = this.terminalLayer.nearest(event.containerPoint, 9);
        if (terminal) this.$emit("terminal", terminal.id);
      });
      this.drawWorkers();
      this.drawCases();
      this.showFocus();
      new ResizeObserver(() => map.invalidateSize()).observe(this.$el);
      this.$el.dataset.ready = "true";
    },
    drawWorkers() {
      if (!this.workerLayer) return;
      this.workerLayer.clearLayers();
      for (const [lat, lon, name, load] of this.workers || []) {
        L.circleMarker([lat, lon], { radius: 4, color: "#0d141b", weight: 1, fillColor: load ? "#7cc4ff" : "#c9e6ff", fillOpacity: 1 })
          .bindTooltip(() => label(load ? `${name} (${load})` : name)).addTo(this.workerLayer);
      }
    },
    drawCases() {
      if (!this.caseLayer) return;
      this.caseLayer.clearLayers();
      for (const [lat, lon, id, number, kind, state, escalated] of this.cases || []) {
        const open = OPEN.has(state), word = this.zone.kinds[kind]?.[this.language] || kind;
        const icon = L.divIcon({ className: `case-pin ${open ? "open" : "done"} ${kind} ${escalated ? "escalated" : ""}`, iconSize: [18, 18] });
        L.marker([lat, lon], { icon, keyboard: true, title: `${number} ${word}` })
          .bindTooltip(() => label(`${number} ${word}`)).on("click", () => this.$emit("case", id)).addTo(this.caseLayer);
      }
    },
    showFocus() {
      if (!this.map || !this.focus) return;
      const [lat, lon, id] = this.focus;
      this.focusRing?.remove();
      this.focusRing = L.circleMarker([lat, lon], { radius: 15, color: "#e8eef4", weight: 2, fill: false, interactive: false })
        .bindTooltip(() => label(id), { permanent: true, direction: "right", offset: [14, 0] }).addTo(this.map);
      this.map.setView([lat, lon], Math.max(this.map.getZoom(), 16));
    },
  },
};
