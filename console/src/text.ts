// The page's own words; everything about layers and processes comes from the service in the chosen language.
export type Language = 'zh' | 'en';

const words = {
  title: { zh: '城市孪生控制台', en: 'City twin console' },
  layers: { zh: '图层', en: 'Layers' },
  simulation: { zh: '模拟分析', en: 'Simulation' },
  run: { zh: '运行', en: 'Run' },
  cancel: { zh: '取消', en: 'Cancel' },
  other: { zh: 'English', en: '中文' },
  anonymous: { zh: '匿名访问', en: 'anonymous' },
  withKey: { zh: '密钥访问', en: 'with a key' },
  needKey: { zh: '运行模拟需要密钥：用 twin demo 打印的地址打开本页', en: 'Running needs a key: open this page by the address that twin demo prints' },
  results: { zh: '运行结果', en: 'Result' },
  showing: { zh: '显示', en: 'Show' },
  none: { zh: '不显示', en: 'none' },
  history: { zh: '近期运行', en: 'Recent runs' },
  moreRuns: { zh: '更早的运行', en: 'Earlier runs' },
  dry: { zh: '无水', en: 'dry' },
  yes: { zh: '是', en: 'yes' },
  no: { zh: '否', en: 'no' },
  failed: { zh: '请求失败', en: 'The request failed' },
  accepted: { zh: '排队中', en: 'queued' },
  running: { zh: '计算中', en: 'running' },
  successful: { zh: '已完成', en: 'done' },
  dismissed: { zh: '已取消', en: 'cancelled' },
  failedRun: { zh: '失败', en: 'failed' },
  more: { zh: '更多参数', en: 'More parameters' },
  moment: { zh: '时刻', en: 'Time' },
  minutes: { zh: '开始后分钟', en: 'minutes since start' },
  min: { zh: '分钟', en: 'min' },
  sinceStart: { zh: '自模拟开始', en: 'since start' },
  play: { zh: '播放', en: 'Play' },
  pause: { zh: '暂停', en: 'Pause' },
  stepBack: { zh: '上一时刻', en: 'Step back' },
  stepForward: { zh: '下一时刻', en: 'Step forward' },
  endFilm: { zh: '结束播放', en: 'End the film' },
  modelled: { zh: '模拟', en: 'modelled' },
  observed: { zh: '观测', en: 'observed' },
  report: { zh: '打开报告', en: 'Open the report' },
  publish: { zh: '发布', en: 'Publish' },
  withdraw: { zh: '撤回发布', en: 'Withdraw' },
  publishHint: { zh: '让有权读取结果图层的人都能看到这次运行', en: 'Let everybody who may read its layers see this run' },
  withdrawHint: { zh: '这次运行已发布；撤回后只有本人和运维人员可见', en: 'This run is published; withdrawn, only its owner and operators see it' },
  choose: { zh: '选择一项分析', en: 'Choose an analysis' },
  compare: { zh: '方案对比', en: 'Compare two runs' },
  runA: { zh: '左（基准）', en: 'Left (base)' },
  runB: { zh: '右（方案）', en: 'Right (variant)' },
  swipe: { zh: '卷帘对比', en: 'Swipe' },
  endSwipe: { zh: '结束卷帘', en: 'End swipe' },
  divider: { zh: '卷帘位置', en: 'Divider' },
  addOnMap: { zh: '在地图上点选', en: 'Add on the map' },
  clickMap: { zh: '请在地图上点击位置', en: 'Click the place on the map' },
  clickLine: { zh: '逐点点击画线，双击或回车结束', en: 'Click point by point; double click or Enter ends the line' },
  clickArea: { zh: '逐点点击画面，双击、回车或点回起点结束', en: 'Click point by point; double click, Enter or the first point closes the area' },
  clickBox: { zh: '点击两个对角', en: 'Click two opposite corners' },
  clickFeatures: { zh: '点击地图上的要素选取，再次点击取消', en: 'Click features on the map to choose them, again to undo' },
  movePoints: { zh: '拖动各点修改，双击删除点', en: 'Drag the points; a double click takes one away' },
  movePoint: { zh: '拖动', en: 'drag' },
  addPoint: { zh: '拖动以插入一点', en: 'drag to add a point' },
  nothingHere: { zh: '此处没有可选的要素', en: 'No feature to choose here' },
  nothingFar: { zh: '此处没有可选的要素，请放大地图', en: 'No feature to choose here: zoom in' },
  noLayer: { zh: '地图上没有图层', en: 'The map has no layer' },
  moreFigures: { zh: '更多指标', en: 'More figures' },
  done: { zh: '完成', en: 'Done' },
  undo: { zh: '撤销一点', en: 'Undo' },
  cancelTool: { zh: '取消', en: 'Cancel' },
  pickOnMap: { zh: '在地图上选', en: 'Pick on map' },
  typeCode: { zh: '输入编码', en: 'type a code' },
  drawPoint: { zh: '点选', en: 'Point' },
  drawLine: { zh: '画线', en: 'Line' },
  drawArea: { zh: '画面', en: 'Area' },
  drawBox: { zh: '框选', en: 'Box' },
  notDrawn: { zh: '未绘制', en: 'not drawn' },
  position: { zh: '位置', en: 'Position' },
  unnamed: { zh: '新建', en: 'New' },
  add: { zh: '添加', en: 'Add' },
  kind: { zh: '类型', en: 'kind' },
  key: { zh: '代码', en: 'code' },
  moveUp: { zh: '上移', en: 'Move up' },
  noJson: { zh: '不是有效的 JSON', en: 'This is not JSON' },
  noNumbers: { zh: '须为用逗号分开的数', en: 'Numbers parted by commas' },
  noRuns: { zh: '尚无已完成的运行', en: 'no finished run yet' },
  remove: { zh: '删除', en: 'Remove' },
  files: { zh: '下载数据', en: 'Download data' },
  seconds: { zh: '秒', en: 's' },
} as const;

export type Word = keyof typeof words;

let current: Language =
  (localStorage.getItem('twin-language') as Language | null) ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');

export const language = (): Language => current;

export function setLanguage(value: Language): void {
  current = value;
  localStorage.setItem('twin-language', value);
}

export const t = (word: Word): string => words[word][current];

// CJJ/T 315 data classes, the folders of the catalogue
const classes: Record<string, { zh: string; en: string }> = {
  base: { zh: '时空基础', en: 'Base' },
  survey: { zh: '资源调查', en: 'Survey' },
  planning: { zh: '规划管控', en: 'Planning' },
  construction: { zh: '工程建设', en: 'Construction' },
  public: { zh: '公共专题', en: 'Public' },
  sensing: { zh: '物联感知', en: 'Sensing' },
  results: { zh: '分析结果', en: 'Results' },
};

export const dataClass = (name: string): string => classes[name]?.[current] ?? name;
