-- name: warm
-- The transformations that items, boxes and tiles use, at a place where all of them are defined.
SELECT ST_AsGeoJSON(ST_Transform(place, 4326)), ST_AsGeoJSON(ST_Transform(place, 4490)), ST_AsText(ST_Transform(place, 3857))
FROM (SELECT ST_Transform(ST_Centroid(city.area()), city.srid()) AS place) AS one
