// Which inputs of a process stand in front, and how the rest is folded. A process without an entry folds by itself.
import type { Language } from './text';

export interface Folded { title: Record<Language, string>; members: string[] }
export interface Layout { front: string[]; folded: Folded[] }

export const layouts: Record<string, Layout> = {
  flood: {
    front: ['storm', 'duration_min', 'cell_m', 'buildings', 'sewers'],
    folded: [
      { title: { zh: '监测点与观测', en: 'Gauges and observations' }, members: ['gauges', 'observed'] },
      { title: { zh: '假设方案', en: 'What if' }, members: ['edits', 'structures', 'break_lines'] },
      { title: { zh: '下渗与糙率', en: 'Infiltration and roughness' }, members: ['drainage_mm_h', 'soil_mm_h', 'initial_loss_mm', 'infiltration', 'roughness', 'roughness_factor', 'tables', 'building_rise_m'] },
      { title: { zh: '入流、边界与初始水面', en: 'Inflows, edges, initial water' }, members: ['inflows', 'edges', 'boundaries', 'initial_water'] },
      { title: { zh: '计算与时间', en: 'Computation and time' }, members: ['start', 'bbox', 'solver', 'precision', 'hot_start'] },
      { title: { zh: '结果与判定', en: 'Outcomes and thresholds' }, members: ['flooded_m', 'threshold_m', 'road_threshold_m', 'outcomes'] },
    ],
  },
};
