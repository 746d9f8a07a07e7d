"""Land that the plan gives to one purpose: kind of building, land-use code, facility kind, name, place, area (m2)."""

from __future__ import annotations

from typing import NamedTuple


class Site(NamedTuple):
    form: str
    use: str
    facility: str
    name: str
    x: float
    y: float
    area: float


_TABLE = """
station 120801 rail_station 云泽站 4260 3060 42000
civic 0801 government 云泽市人民政府 3280 2900 30000
square 1403 shelter 人民广场 3280 2740 22000
civic 0801 government 泽城区人民政府 2420 2250 14000
civic 0801 government 东澜区人民政府 4120 2520 15000
civic 0801 government 江南镇人民政府 3760 600 8000
culture 080302 cultural 云泽大剧院 3420 2700 22000
culture 080301 cultural 云泽市图书馆 3120 2760 15000
culture 080301 cultural 云泽博物馆 2600 1740 14000
culture 080302 cultural 泽城区文化馆 2060 1990 7000
stadium 080501 sports 云泽市体育中心 2240 3640 95000
gym 080501 sports 东澜区体育馆 4070 1950 16000
college 080401 college 云泽大学 3000 3650 200000
college 080402 college 云泽职业技术学校 4640 3420 60000
hospital 080601 hospital 云泽市人民医院 1990 2450 46000
hospital 080601 hospital 云泽市中医医院 2900 1900 22000
hospital 080601 hospital 云泽市妇幼保健院 2420 3200 24000
hospital 080601 hospital 东澜区人民医院 4060 3560 32000
hospital 080603 hospital 云泽市疾病预防控制中心 900 3620 11000
school 080403 school 云泽市第一中学 2250 1900 42000
school 080403 school 云泽市第二中学 1700 2560 40000
school 080403 school 云泽市实验中学 3560 3240 46000
school 080403 school 云泽外国语学校 820 2720 44000
school 080403 school 东澜高级中学 3980 2080 40000
school 080403 school 书院街小学 2560 1380 14000
school 080403 school 文昌小学 1210 2060 19000
school 080403 school 朝阳小学 1700 1480 19000
school 080403 school 人民路小学 3050 2180 18000
school 080403 school 月湖小学 1000 3080 22000
school 080403 school 学府小学 2480 3590 24000
school 080403 school 建设路小学 2240 2760 22000
school 080403 school 迎宾小学 3980 3180 22000
school 080403 school 滨江小学 3560 1560 21000
school 080403 school 北环小学 2900 4150 24000
school 080403 school 云溪小学 1300 4150 24000
school 080403 school 铁路小学 4120 2230 16000
school 080403 school 江南学校 3500 420 42000
school 080403 school 沿河小学 760 1560 20000
school 080403 school 星辰小学 3600 4120 24000
school 080403 school 柳家湾小学 420 860 12000
school 080403 school 双堰小学 2180 4660 12000
fire 1310 fire_station 中山消防救援站 2830 2470 6000
fire 1310 fire_station 月湖消防救援站 960 2450 6000
fire 1310 fire_station 学府消防救援站 2600 3520 6000
fire 1310 fire_station 临港消防救援站 4980 2200 7000
fire 1310 fire_station 东站消防救援站 4130 3500 6000
fire 1310 fire_station 江南消防救援站 3850 470 5500
police 0801 police_station 鼓楼派出所 2010 1720 3600
police 0801 police_station 中山派出所 3000 2420 3600
police 0801 police_station 学府派出所 3360 3330 3600
police 0801 police_station 月湖派出所 760 3200 3600
police 0801 police_station 东站派出所 4150 3220 3600
police 0801 police_station 临港派出所 4760 2420 4000
police 0801 police_station 江南派出所 4050 430 3600
service 0801 service_outlet 云泽市政务服务中心 3480 2880 14000
service 0801 service_outlet 泽城区政务服务大厅 2480 2150 6500
service 0801 service_outlet 东澜区政务服务大厅 4040 2440 7000
mall 090101 - 云泽万汇城 2960 2240 33000
mall 090101 - 中山广场购物中心 2650 2270 20000
mall 090101 - 迎宾天地 3960 2820 26000
mall 090101 - 学府里商业中心 3160 3360 20000
mall 090101 - 月湖天街 1780 3060 26000
mall 090101 - 江南汇 3980 640 20000
market 090101 market 泽城农贸市场 2050 1350 5000
market 090101 market 朝阳农贸市场 1220 1760 6500
market 090101 market 建设路农贸市场 1980 2860 6500
market 090101 market 东站农贸市场 3990 2660 6500
market 090101 market 北环农贸市场 2160 4000 6500
market 090102 market 云泽农产品批发市场 4680 3900 52000
hotel 090104 - 云泽大酒店 3240 2560 9000
hotel 090104 - 江畔国际酒店 3180 1320 11000
hotel 090104 - 迎宾馆 4050 3000 9000
bus 120802 bus_station 东站公交枢纽 4200 2860 11000
bus 120802 bus_station 西环公交首末站 720 2260 9000
bus 120802 bus_station 北环公交首末站 1980 4050 9000
bus 120802 bus_station 江南公交首末站 4150 620 7000
coach 120801 bus_station 云泽长途汽车站 4120 3330 20000
park 1401 shelter 月湖公园 1260 3130 70000
park 1401 shelter 中山公园 3480 2160 62000
park 1401 shelter 文昌公园 860 2080 42000
park 1401 shelter 学府公园 2980 3130 60000
park 1401 park 状元公园 1830 1010 13000
park 1401 shelter 北郊公园 2860 4300 52000
park 1401 park 江心洲公园 3450 820 45000
park 1401 shelter 铁东公园 4700 2720 30000
water_works 1301 water_works 云泽第一水厂 760 1800 42000
sewage 1302 sewage_works 云泽城东污水处理厂 5330 1020 85000
sewage 1302 sewage_works 江南污水处理厂 5200 160 30000
pump 1302 - 老城雨水泵站 2540 830 3000
pump 1302 - 中山路雨水泵站 2860 960 3500
pump 1302 - 朝阳东雨水泵站 4620 1620 3000
pump 1302 - 玉带河口排涝泵站 1260 1010 4500
substation 1303 substation 110kV文昌变电站 1010 1960 5000
substation 1303 substation 110kV中山变电站 3780 2420 4500
substation 1303 substation 220kV北郊变电站 460 4060 18000
substation 1303 substation 110kV临港变电站 4960 1500 6000
gasworks 1304 - 云泽天然气门站 5330 3480 12000
waste 1309 waste_station 泽城垃圾转运站 1010 1260 5000
waste 1309 waste_station 临港垃圾转运站 5330 2760 6000
depot 1102 emergency_depot 云泽市应急物资储备库 4640 4060 16000
welfare 080701 elderly_care 云泽市社会福利院 1660 3320 16000
welfare 080701 elderly_care 北环养老服务中心 3420 4050 12000
clinic 080602 clinic 鼓楼社区卫生服务中心 2180 1560 3600
clinic 080602 clinic 中山社区卫生服务中心 3180 1960 4000
clinic 080602 clinic 学府社区卫生服务中心 3060 3300 4000
clinic 080602 clinic 月湖社区卫生服务中心 1180 2600 4000
clinic 080602 clinic 临港社区卫生服务中心 4060 1820 4000
clinic 080602 clinic 江南镇卫生院 3620 560 5000
temple 1503 - 泽安寺 2470 1020 7000
temple 1504 - 云泽文庙 2130 1420 6500
temple 1504 - 鼓楼 2330 1260 3000
gasfill 090105 - 西环加油站 640 2860 2800
gasfill 090105 - 工业大道加油站 4920 3080 2800
gasfill 090105 - 北环加油站 1960 3830 2800
gasfill 090105 - 江南加油站 2820 200 2800
cemetery 1506 - 云泽陵园 5800 4500 60000
parking 120803 parking 站前停车场 4200 3190 9000
parking 120803 parking 中山路公共停车场 2820 1480 4200
"""

SITES: tuple[Site, ...] = tuple(
    Site(form, use, facility if facility != "-" else "", name, float(x), float(y), float(area))
    for form, use, facility, name, x, y, area in (line.split() for line in _TABLE.strip().splitlines())
)
