-- Tables that properties choose, and those outside.
CREATE SCHEMA inside;
CREATE SCHEMA outside;
CREATE TABLE inside.a (id int PRIMARY KEY);
CREATE TABLE inside.b (id int PRIMARY KEY);
CREATE TABLE outside.a (id int PRIMARY KEY);
CREATE TABLE a (id int PRIMARY KEY);
CREATE UNLOGGED TABLE inside.u (id int PRIMARY KEY);
-- stream
INSERT INTO inside.a VALUES (1);
INSERT INTO inside.b VALUES (1);
INSERT INTO outside.a VALUES (1);
INSERT INTO a VALUES (1);
INSERT INTO inside.u VALUES (1);
CREATE TEMPORARY TABLE temp (id int PRIMARY KEY);
INSERT INTO temp VALUES (1);
CREATE TABLE inside.later (id int PRIMARY KEY);
INSERT INTO inside.later VALUES (1);
