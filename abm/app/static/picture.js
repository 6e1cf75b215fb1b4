// The liver as a picture that follows its run: one request at a time, so that a slow line gets fewer pictures and no queue.
// Wheel and drag zoom and move at once what is there; the sharp picture of that part comes when the hand rests.
const LONGEST_WAIT = 400;  // ms after a failed request
const REST = 160;  // ms
const CLOSEST = 24;  // times

export default {
  template: `
    <div class="crlm-picture" ref="frame" tabindex="0" role="application" :aria-label="label"
         :style="{aspectRatio: columns + ' / ' + rows, width: 'min(100%, ' + 76 * columns / rows + 'vh)'}"
         @wheel.prevent="wheel" @pointerdown="down" @pointermove="move" @pointerup="up" @keydown="key">
      <img ref="image" alt="" draggable="false" :style="placed" v-show="shown">
      <div v-if="mark" class="crlm-mark" :style="markPlaced"></div>
      <div v-if="shown" class="crlm-scale"><span>{{ bar.words }}</span><div :style="{width: bar.width}"></div></div>
      <div v-if="!shown" class="crlm-nothing"><slot></slot></div>
    </div>`,
  props: { source: String, label: String, rows: Number, columns: Number, spacing: Number, mark: Array, live: Boolean },
  emits: ["region", "pick"],
  data() {
    return { shown: false, number: 0, of: this.whole(), wanted: this.whole(), grip: null, timer: null, gone: false, loading: false };
  },
  computed: {
    // where the picture that is there lies in the frame, in parts of the frame
    placed() {
      const w = this.wanted, o = this.of;
      return {
        left: 100 * (o.column - w.column) / w.columns + "%", top: 100 * (o.row - w.row) / w.rows + "%",
        width: 100 * o.columns / w.columns + "%", height: 100 * o.rows / w.rows + "%",
      };
    },
    // a round length that is about a sixth of the width
    bar() {
      const um = this.wanted.columns * this.spacing, wanted = um / 6;
      const length = [10, 20, 50, 100, 200, 500, 1000, 2000].reduce((best, one) =>
        Math.abs(Math.log(one / wanted)) < Math.abs(Math.log(best / wanted)) ? one : best);
      return { words: length < 1000 ? length + " µm" : length / 1000 + " mm", width: 100 * length / um + "cqw" };
    },
    markPlaced() {
      const w = this.wanted, [row, column] = this.mark;
      return {
        left: 100 * (column - w.column) / w.columns + "%", top: 100 * (row - w.row) / w.rows + "%",
        width: 100 / w.columns + "%", height: 100 / w.rows + "%",
      };
    },
  },
  watch: {
    source() { if (this.live) this.forget(); else this.load(); },
    rows() { this.forget(); },
    columns() { this.forget(); },
  },
  mounted() { if (this.live) this.follow(); else this.load(); },
  unmounted() { this.gone = true; clearTimeout(this.timer); },
  methods: {
    whole() { return { row: 0, column: 0, rows: this.rows || 1, columns: this.columns || 1 }; },
    forget() { this.number = 0; this.shown = false; this.of = this.whole(); this.wanted = this.whole(); },
    async follow() {
      while (!this.gone) {
        const source = this.source;
        try {
          const answer = source && await fetch(source + "?after=" + this.number, { cache: "no-store" });
          if (source !== this.source) continue;
          if (answer && answer.status === 200) await this.show(answer);
          else if (!answer || answer.status !== 204) await new Promise(done => setTimeout(done, LONGEST_WAIT));
        } catch (error) {  // the server is not there for now
          await new Promise(done => setTimeout(done, LONGEST_WAIT));
        }
      }
    },
    // of a run that is over: the picture of one moment; of those that change while one is loaded only the last is wanted
    async load() {
      if (this.loading) return;
      this.loading = true;
      for (let loaded = null; loaded !== this.source && !this.gone;) {
        loaded = this.source;
        try {
          const answer = loaded && await fetch(loaded);
          if (answer && answer.ok) await this.show(answer);
        } catch (error) { break; }  // the server is not there: the next change tries again
      }
      this.loading = false;
    },
    async show(answer) {
      const url = URL.createObjectURL(await answer.blob()), image = this.$refs.image;
      if (!image) return;
      await new Promise(done => { image.onload = image.onerror = done; image.src = url; });
      URL.revokeObjectURL(url);
      this.number = Number(answer.headers.get("x-number"));
      const region = answer.headers.get("x-region");
      if (region) {
        const [row, column, rows, columns] = region.split(",").map(Number);
        this.of = { row, column, rows, columns };
      } else this.of = this.whole();
      this.shown = true;
    },
    look(row, column, zoomed) {
      const rows = this.rows / zoomed, columns = this.columns / zoomed;
      this.wanted = {
        row: Math.min(Math.max(row, 0), this.rows - rows), column: Math.min(Math.max(column, 0), this.columns - columns),
        rows, columns,
      };
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("region", zoomed === 1 ? null : this.wanted), REST);
    },
    zoom(factor, x, y) {
      const w = this.wanted, before = this.columns / w.columns;
      const zoomed = Math.min(Math.max(before * factor, 1), CLOSEST);
      const row = w.row + y * w.rows, column = w.column + x * w.columns;
      this.look(row - y * this.rows / zoomed, column - x * this.columns / zoomed, zoomed);
    },
    moveBy(down, right) {
      const w = this.wanted;
      this.look(w.row + down * w.rows, w.column + right * w.columns, this.columns / w.columns);
    },
    at(event) {
      const box = this.$refs.frame.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    },
    pick(x, y) {
      const w = this.wanted;
      this.$emit("pick", [Math.floor(w.row + y * w.rows), Math.floor(w.column + x * w.columns)]);
    },
    wheel(event) { this.zoom(Math.exp(-event.deltaY / 400), ...this.at(event)); },
    down(event) {
      this.grip = { at: this.at(event), moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    move(event) {
      if (!this.grip) return;
      const [x, y] = this.at(event), [x0, y0] = this.grip.at;
      if (!this.grip.moved && Math.hypot(x - x0, y - y0) < 0.01) return;
      this.grip.moved = true;
      this.moveBy(y0 - y, x0 - x);
      this.grip.at = [x, y];
    },
    up(event) {
      if (this.grip && !this.grip.moved) this.pick(...this.at(event));
      this.grip = null;
    },
    key(event) {
      const steps = { ArrowLeft: [0, -0.25], ArrowRight: [0, 0.25], ArrowUp: [-0.25, 0], ArrowDown: [0.25, 0] };
      if (event.key in steps) this.moveBy(...steps[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(1.5, 0.5, 0.5);
      else if (event.key === "-") this.zoom(1 / 1.5, 0.5, 0.5);
      else if (event.key === "0") this.look(0, 0, 1);
      else if (event.key === "Enter") this.pick(0.5, 0.5);
      else return;
      event.preventDefault();
    },
    reset() { this.look(0, 0, 1); },
  },
};
